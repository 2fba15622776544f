"""Baseline: Streamlit's `write_stream`."""

import streamlit as st
from pace import chunks

with st.chat_message("assistant"):
    st.write_stream(chunks())
