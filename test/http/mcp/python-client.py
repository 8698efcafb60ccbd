"""A whole job by Python's official client of the Model Context Protocol: create, test, fix, test, deploy, watch."""

import asyncio
import json
import sys

import httpx2
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

BROKEN = "def workflow(r, s):\n    raise ValueError('x')\n"
FIXED = "def workflow(r, s):\n    return {'status_code': 200, 'body': r['name']}\n"


async def work(session):
    async def call(tool, **arguments):
        return (await session.call_tool(tool, arguments)).structured_content

    workflow_id = (await call("create_workflow", name="by python", kind="catch"))["id"]
    runs = []
    for source in (BROKEN, FIXED):
        version = await call("save_version", workflow_id=workflow_id, source=source)
        request = {"body": {"name": "Ada"}}
        runs.append(await call("test_workflow", workflow_id=workflow_id, version=version["number"], request=request))
    deployed = await call("deploy_version", workflow_id=workflow_id, version=version["number"])
    return {
        "tools": len((await session.list_tools()).tools),
        "prompts": [prompt.name for prompt in (await session.list_prompts()).prompts],
        "codes": [run["code"] for run in runs],
        "answer": runs[-1]["response"]["body"],
        "deployed": deployed["deployed"],
        "listed": len((await call("list_runs", workflow_id=workflow_id))["data"]),
    }


async def main(url, key):
    async with httpx2.AsyncClient(headers={"Authorization": "Bearer " + key}) as http:
        async with streamable_http_client(url + "/mcp", http_client=http) as streams:
            async with ClientSession(streams[0], streams[1]) as session:
                await session.initialize()
                print(json.dumps(await work(session)))


asyncio.run(main(sys.argv[1], sys.stdin.read()))
