import re

import httpx2

from tests.surfaces.console_browser import OURS, browser

__all__ = ["browser", "preview"]


async def preview(client: httpx2.AsyncClient, path: str, **form: str) -> httpx2.Response:
    """Open a verb's page and ask what it would do."""
    token = re.search(r'name="form_token" value="([^"]+)"', (await client.get(path)).text)
    assert token
    return await client.post(path, data={"form_token": token[1], "step": "preview", **form}, headers=OURS)
