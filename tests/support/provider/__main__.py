"""`python -m tests.support.provider --port 0` serves the scripted provider and prints its port on one line."""

import argparse
import asyncio
import ssl
import sys

from tests.support.provider.server import serve


async def main() -> None:
    """Serve until the process ends or, with `--until-stdin-closes`, until whoever started it goes away."""
    parser = argparse.ArgumentParser(prog="tests.support.provider", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--certificate", help="serve TLS with this PEM file of certificate and key")
    parser.add_argument("--quiet", action="store_true", help="keep no log, for benchmarks")
    parser.add_argument("--until-stdin-closes", action="store_true")
    arguments = parser.parse_args()
    tls = None
    if arguments.certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(arguments.certificate)
    server = await serve(arguments.port, tls=tls, is_quiet=arguments.quiet)
    print(server.sockets[0].getsockname()[1], flush=True)
    if arguments.until_stdin_closes:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    else:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
