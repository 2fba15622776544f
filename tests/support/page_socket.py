"""A page that is open without a browser: its HTML and its socket, until a word has come over it."""

import ast
import asyncio
import json
import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import aiohttp

from tests.support.processes import WAIT_SECONDS

ACK_EVERY = 50
_QUERY = re.compile(r"query: (\{.*\}),")


def see(url: str, path: str, word: str) -> None:
    """Open a page, and stay until the word is in what it is told."""
    # A browser of the same test has a loop on this thread.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(_see(url, path, word))).result()


async def _see(url: str, path: str, word: str) -> None:
    async with asyncio.timeout(WAIT_SECONDS), aiohttp.ClientSession() as session:
        async with session.get(url + path) as response:
            html = await response.text()
        query = _QUERY.search(html)
        assert query, "this is no page of NiceGUI"
        asked = {name: str(value).lower() for name, value in ast.literal_eval(query[1]).items()}
        asked |= {"document_id": str(uuid.uuid4()), "tab_id": str(uuid.uuid4()), "EIO": "4", "transport": "websocket"}
        address = f"{url}/_nicegui_ws/socket.io/"
        async with session.ws_connect(address, params=asked, max_msg_size=0) as socket:
            await socket.receive_str()
            await socket.send_str("40")
            is_seen, count = word in html, 0
            while not is_seen:
                packet = await socket.receive_str()
                is_seen = word in packet
                count += 1
                if packet == "2":
                    await socket.send_str("3")
                elif (
                    count % ACK_EVERY == 0 and packet.startswith("42[") and "_id" in (body := json.loads(packet[2:])[1])
                ):
                    told = {"client_id": asked["client_id"], "next_message_id": body["_id"] + 1}
                    await socket.send_str(f'42["ack",{json.dumps(told)}]')
