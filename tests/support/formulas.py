"""TeX that models write, by what they write about; each is drawn right or shown as its source."""

DRAWN = r"""
x^2 + y^2 = z^2
E = mc^2
\frac{-b \pm \sqrt{b^2 - 4ac}}{2a}
\lim_{x \to 0} \frac{\sin x}{x} = 1
\lim\limits_{n \to \infty} a_n
\sum_{i=1}^{n} i = \frac{n(n+1)}{2}
\sum\limits_{k} a_k
\prod_{p} \frac{1}{1 - p^{-s}}
\int_0^\infty e^{-x^2}\,dx = \frac{\sqrt{\pi}}{2}
\oint_C \mathbf{F} \cdot d\mathbf{r}
\iint_D f(x,y)\,dA
\iiint_V \rho\,dV
\max_{x \in S} f(x)
\min_\theta \mathcal{L}(\theta)
\sup_{n} x_n
\limsup_{n \to \infty} a_n
\operatorname*{arg\,max}_x f(x)
\operatorname{sgn}(x)
\operatorname{Tr}(A)
\argmax_\theta p(x)
\argmin_w J(w)
\begin{aligned} a &= b + c \\ &= d \end{aligned}
\begin{aligned} a &= b \\[4pt] c &= d \end{aligned}
\begin{align} a &= b \\ c &= d \end{align}
\begin{align*} x &= 1 \\ y &= 2 \end{align*}
\begin{alignat}{2} a &= b & c &= d \end{alignat}
\begin{alignedat}{2} a &= b & c &= d \end{alignedat}
\begin{split} a &= b \\ &= c \end{split}
\begin{flalign} a &= b \end{flalign}
\begin{gathered} a \\ b \end{gathered}
\begin{gather} a = b \\ c = d \end{gather}
\begin{gather*} a \\ b \end{gather*}
\begin{multline} a \\ b \end{multline}
\begin{equation} a = b \end{equation}
\begin{equation} a = b \\ c = d \end{equation}
\begin{equation} a = b \label{eq} \end{equation}
\begin{equation*} a = b \end{equation*}
a = b \tag{1}
\begin{equation} a = b \tag{2} \end{equation}
a \\ b
a &= b \\ c &= d
\begin{cases} x & x > 0 \\ -x & x \le 0 \end{cases}
f(x) = \begin{cases} 1 & \text{if } x \in A, \\ 0 & \text{otherwise.} \end{cases}
\begin{dcases} \frac{1}{2} & a \\ 3 & b \end{dcases}
\begin{rcases} a \\ b \end{rcases}
\begin{matrix} 1 & 2 \\ 3 & 4 \end{matrix}
\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}
\begin{bmatrix} a & b \\ c & d \end{bmatrix}
\begin{Bmatrix} 1 \end{Bmatrix}
\begin{vmatrix} a & b \\ c & d \end{vmatrix}
\begin{Vmatrix} a \end{Vmatrix}
\begin{pmatrix*}[r] 1 \\ -2 \end{pmatrix*}
\begin{smallmatrix} a & b \end{smallmatrix}
\begin{bmatrix} 1 & \cdots & n \\ \vdots & \ddots & \vdots \end{bmatrix}
\begin{array}{c|c} a & b \\ \hline c & d \end{array}
\left[\begin{array}{cc|c} 1 & 2 & 3 \\ 4 & 5 & 6 \end{array}\right]
\begin{array}{rl} x + y &= 1 \\ x - y &= 2 \end{array}
\begin{subarray}{l} a \\ b \end{subarray}
\sum_{\substack{i < n \\ j < m}} a_{ij}
\boxed{42}
\boxed{x = \frac{1}{2}}
\boxed{\text{Answer: } 7}
\fbox{x}
\cancel{x}
\bcancel{x}
\xcancel{x + y}
\text{speed} = \frac{\text{distance}}{\text{time}}
\text{100\% sure}
\text{where } x > 0
\text{a $x$ b}
\text{max_value}
\textbf{bold} \textit{italic} \texttt{code}
\mathrm{d}x
\mathbf{v} \cdot \mathbf{w}
\mathbb{R}^n \to \mathbb{C}
\mathcal{O}(n \log n)
\mathfrak{g}
\mathscr{H}
\mathsf{P} \mathtt{x} \mathit{y}
\boldsymbol{\alpha} \bm{x} \pmb{y}
\R \to \N \subset \Z \subset \Q \subset \C
\E[X] = \mu
\Var(X) = \sigma^2
\Cov(X, Y)
\abs{x - y} \le \norm{x}
\floor{x} \ceil{y}
\dv{y}{x} + \pdv{f}{x}
\half m v^2
\SI{5}{m}
\num{42}
\unit{kg}
\vec{F} = m\vec{a}
\hat{x} \bar{y} \tilde{z} \dot{q} \ddot{q}
\check{a} \breve{b} \acute{c} \grave{d} \mathring{e}
\overline{AB} \underline{x}
\overrightarrow{AB} \overleftarrow{BA}
\widehat{ABC}
\overbrace{a + b}^{n} \underbrace{c + d}_{m}
\overset{!}{=} \underset{x}{\max} \stackrel{a}{=}
\xrightarrow{f} \xleftarrow[a]{b}
\sqrt{2} \sqrt[3]{x}
√2
\frac12 \tfrac{1}{2} \dfrac{3}{4} \cfrac{1}{2}
\binom{n}{k} \dbinom{n}{k} \tbinom{n}{k}
{n \choose k}
{a \over b}
\left( \frac{a}{b} \right)
\left[ x \right] \left\{ y \right\} \left| z \right|
\left. \frac{df}{dx} \right|_{x=0}
\left\langle \psi \middle| \phi \right\rangle
\langle x, y \rangle \lfloor z \rfloor \lceil w \rceil
\lvert x \rvert \lVert y \rVert
\bigl( x \bigr) \Bigl[ y \Bigr] \biggl\{ z \biggr\}
\bra{\psi} \ket{\phi} \braket{x}
\alpha \beta \gamma \delta \epsilon \varepsilon \zeta \eta \theta \vartheta
\iota \kappa \lambda \mu \nu \xi \pi \varpi \rho \varrho
\sigma \varsigma \tau \upsilon \phi \varphi \chi \psi \omega
\Gamma \Delta \Theta \Lambda \Xi \Pi \Sigma \Phi \Psi \Omega
\leq \geq \neq \approx \sim \simeq \cong \equiv \propto
\ll \gg \lt \gt \le \ge \ne
\leqslant \geqslant \lesssim \gtrsim
\in \notin \ni \subset \subseteq \supset \supseteq \subsetneq
\cup \cap \setminus \emptyset \varnothing \complement
\bigcup_{i} A_i \bigcap_{i} B_i
\bigoplus \bigotimes \bigwedge \bigvee \coprod
\forall x \exists y \nexists z
\land \lor \lnot \implies \iff \impliedby
\therefore \because
\to \gets \mapsto \rightarrow \leftarrow \leftrightarrow
\Rightarrow \Leftarrow \Leftrightarrow \longrightarrow \Longrightarrow
\hookrightarrow \rightharpoonup \rightleftharpoons
\uparrow \downarrow \nearrow \searrow
\pm \mp \times \div \cdot \ast \star \circ \bullet
\oplus \ominus \otimes \odot
\nabla \times \vec{B} = \mu_0 \vec{J}
\nabla \cdot \mathbf{E} = \frac{\rho}{\varepsilon_0}
\grad f \curl g
\partial_t u = \Delta u
\frac{\partial^2 u}{\partial t^2} = c^2 \nabla^2 u
\infty \aleph \hbar \ell \Re \Im \wp
\angle ABC = 90^\circ
90\degree
20\celsius
^\circ\mathrm{C}
\triangle \square \blacksquare \diamond \lozenge
\checkmark \dagger \S
\ldots \cdots \vdots \ddots \dots
a, \dotsc, b + \dotsb + c
x' + x'' + f'(x)
x_1, x_2, \ldots, x_n
x_{i,j}^{(k)}
a^{b^{c}}
{}_2F_1
\mathrm{H_2O}
a \equiv b \pmod{n}
a \bmod b
\gcd(a, b)
\sin^2 x + \cos^2 x = 1
\tan \arctan \sinh \log \ln \exp \det \dim \ker
\log_2 n
\Pr(A \mid B)
P(A|B) = \frac{P(B|A)P(A)}{P(B)}
p(x) = \frac{1}{\sqrt{2\pi\sigma^2}} e^{-\frac{(x-\mu)^2}{2\sigma^2}}
\mathcal{N}(\mu, \sigma^2)
\sigma(x) = \frac{1}{1 + e^{-x}}
\softmax(z)_i = \frac{e^{z_i}}{\sum_j e^{z_j}}
\text{Attention}(Q, K, V) = \text{softmax}\left(\frac{QK^T}{\sqrt{d_k}}\right)V
L = -\sum_i y_i \log \hat{y}_i
\theta_{t+1} = \theta_t - \eta \nabla_\theta J
\|x\|_2 = \sqrt{\sum_i x_i^2}
A^{-1} A = I
A^\top, A^{\mathsf{T}}, A^\dagger
\det(A - \lambda I) = 0
e^{i\pi} + 1 = 0
\zeta(s) = \sum_{n=1}^\infty n^{-s}
\hat{H}\psi = E\psi
i\hbar\frac{\partial}{\partial t}\Psi = \hat{H}\Psi
F = G\frac{m_1 m_2}{r^2}
PV = nRT
\Delta G = \Delta H - T\Delta S
\overparen{x}
\color{red}{x} + y
\textcolor{blue}{z}
a\,b\;c\:d\!e \quad f \qquad g
x\ y~z
\phantom{x} + y
\displaystyle\sum_i x_i
\textstyle x
\rm x + \bf y
\not= \not\in
\% \& \# \_ \{ \}
5\%
\$5
\mathbb{1}_{x > 0}
a < b > c
a & b
中文 + x
\text{速度} = v
α + β
x² + y₁
½
a \coloneqq b
\mathop{\mathrm{lim}}
\prescript{a}{b}{X}
\newcommand{\foo}{x} \foo
\def\bar{y} \bar
\slashed{p}
\tr(A) \rank(A) \diag(a)
""".strip().splitlines()
