"""The description of REST: for machines at /openapi.json, for people at /api/docs, and from nowhere else."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from playwright.async_api import async_playwright

from tests.e2e.site import CHROMIUM, FLAGS
from tests.factories.api import rest_api

from .wire import served


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return rest_api()


@pytest.fixture(scope="module")
def described(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


@pytest_asyncio.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="https://scaicontrol.test") as client:
        yield client


def operations(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in described["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


async def test_the_page_and_all_it_loads_come_from_here_under_a_policy_that_lets_nothing_else_run(http):
    page = await http.get("/api/docs")
    assert page.status_code == 200
    assert "https://" not in page.text
    for path in ["/api/docs", *(part.split('"')[0] for part in page.text.split('="/')[1:])]:
        answer = await http.get(path if path.startswith("/") else f"/{path}")
        assert answer.status_code == 200, path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.browser
async def test_people_read_the_operations_in_a_browser_without_a_complaint(app: FastAPI):
    said: list[str] = []
    async with served(app) as port, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on(
            "request",
            lambda request: (
                said.append(request.url)
                if f"127.0.0.1:{port}/" not in request.url and not request.url.startswith(("data:", "blob:"))
                else None
            ),
        )
        await page.goto(f"http://127.0.0.1:{port}/api/docs")
        await page.get_by_role("heading", name="ScaiControl").wait_for()
        await page.locator("#operations-tag-admin-billing").click()
        await page.get_by_text("Finalize a draft, or only check it").wait_for()
        await browser.close()
    assert said == []


def test_every_operation_says_what_its_parameters_are_and_what_every_answer_carries(described):
    for name, operation in operations(described):
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], (name, parameter["name"])
        for status, answer in operation["responses"].items():
            assert "X-Request-Id" in answer["headers"], (name, status)
        assert {"503", "500"} <= set(operation["responses"]), name
        assert ("413" in operation["responses"]) == (not name.startswith("GET ")), name
        if operation["x-idempotent"]:
            assert any("Idempotent-Replay" in answer["headers"] for answer in operation["responses"].values()), name
    assert described["servers"]
    assert all(tag["description"] for tag in described["tags"])
    limited = {name for name, operation in operations(described) if "429" in operation["responses"]}
    paths = ("auth/token", "provisioning/callback", "billing/billing-profile/check-vat-number")
    assert limited == {f"POST /api/v1/{path}" for path in paths}
    for path in (f"/api/v1/{path}" for path in paths):
        assert "Retry-After" in described["paths"][path]["post"]["responses"]["429"]["headers"]


def test_every_text_and_number_that_is_sent_ends_somewhere(described):
    schemas = described["components"]["schemas"]
    reached: set[str] = set()

    def endless(shape: Any, place: str) -> Iterator[str]:
        if isinstance(shape, list):
            for each in shape:
                yield from endless(each, place)
        if not isinstance(shape, dict):
            return
        if isinstance(reference := shape.get("$ref"), str):
            name = reference.rsplit("/", 1)[1]
            if name not in reached:
                reached.add(name)
                yield from endless(schemas[name], name)
        bounds = {
            "string": {"maxLength", "enum", "const", "format", "pattern"},
            "integer": {"maximum", "exclusiveMaximum", "enum"},
            "array": {"maxItems"},
        }.get(str(shape.get("type")))
        if bounds and not bounds & shape.keys():
            yield f"{place}: {shape}"
        for name, part in shape.items():
            if name not in {"examples", "example", "default", "enum"}:
                yield from endless(part, f"{place}.{name}")

    found = [
        fault
        for name, operation in operations(described)
        for part in (operation.get("parameters", []), operation.get("requestBody", {}))
        for fault in endless(part, name)
    ]
    assert found == []
