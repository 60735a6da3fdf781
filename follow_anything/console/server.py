# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""
The console: everything between a browser and a Link.

    GET  /              the page            GET  /stream.mjpg   for curl and simple viewers
    WS   /ws            pictures, reports, orders
    POST /api/stop      zero velocity; from anybody who may see the page
    POST /api/image     a picture as the query   GET /api/status, /frame.jpg
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
import contextlib
import time

from follow_anything.console import images
from follow_anything.console.access import Access, COOKIE
from follow_anything.console.hub import close, Hub, REFUSED
from follow_anything.console.limits import MAX_IMAGE_BYTES, MAX_STREAMS, without_paths
from follow_anything.console.link import Order, RobotLink
from follow_anything.console.pages import Files
from follow_anything.core.config import ConsoleConfig
from follow_anything.core.errors import FollowAnythingError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ['Console', 'PunctualProtocol']

PICTURE_WITHIN_S = 3.0
UPLOAD_WITHIN_S = 30.0
REQUEST_WITHIN_S = 5.0
"""From the connection to the end of its first request's head; uvicorn itself waits for ever."""

BOUNDARY = 'follow-anything-picture'

Endpoint = Callable[[Request], Awaitable[Response]]


class Console:
    """The ASGI application, in `app`; what it knows is in `hub`."""

    def __init__(self, link: RobotLink, config: ConsoleConfig, access: Access) -> None:
        self.hub, self.access = Hub(link, config), access
        self._link, self._files = link, Files()
        guarded = (
            ('/', self._index, 'GET'),
            ('/page/{name}', self._file, 'GET'),
            ('/stream.mjpg', self._stream, 'GET'),
            ('/frame.jpg', self._frame, 'GET'),
            ('/api/status', self._status, 'GET'),
            ('/api/stop', self._stop, 'POST'),
            ('/api/image', self._image, 'POST'),
        )
        routes = [Route(path, self._guarded(serve), methods=[m]) for path, serve, m in guarded]
        self.app = Starlette(
            routes=[*routes, WebSocketRoute('/ws', self._socket)], lifespan=self._lifespan
        )

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        running = asyncio.create_task(self.hub.run())
        try:
            yield
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    def _refusal(self, request: HTTPConnection) -> tuple[int, str]:
        cookie, query = request.cookies.get(COOKIE, ''), request.query_params.get('token', '')
        return self.access.why_not(request.headers, cookie, query)

    def _guarded(self, serve: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            status, why = self._refusal(request)
            return JSONResponse({'error': why}, status) if status else await serve(request)

        return guarded

    async def _socket(self, socket: WebSocket) -> None:
        status, why = self._refusal(socket)
        await socket.accept()
        if status:
            await close(socket, REFUSED, why)
        else:
            await self.hub.serve(socket)

    async def _index(self, request: Request) -> Response:
        token = request.query_params.get('token', '')
        if not self.access.opens(token):
            return self._files.page('index.html')
        # The token leaves the address bar, and with it the history and every screenshot.
        response = RedirectResponse('/', 303)
        response.set_cookie(COOKIE, token, httponly=True, samesite='strict', max_age=30 * 86400)
        return response

    async def _file(self, request: Request) -> Response:
        return self._files.page(request.path_params['name'])

    async def _status(self, _: Request) -> Response:
        return JSONResponse(self.hub.report())

    async def _stop(self, request: Request) -> Response:
        self.hub.stop(self.hub.control.name_of(request.query_params.get('key', '')))
        return JSONResponse({'stopped': True})

    async def _image(self, request: Request) -> Response:
        page = self.hub.pages.get(request.query_params.get('key', ''))
        if page is None or not self.hub.control.holds(page.key):
            return JSONResponse({'error': self.hub.who_steers()}, 403)
        if not page.orders.take(time.monotonic()):
            return JSONResponse({'error': 'too many orders at once'}, 429)
        try:
            data = await asyncio.wait_for(_body(request), UPLOAD_WITHIN_S)
            if data is None:
                limit = MAX_IMAGE_BYTES >> 20
                return JSONResponse({'error': f'a picture may have {limit} MB'}, 413)
            picture = await asyncio.to_thread(images.decode, data)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        except asyncio.TimeoutError:
            return JSONResponse({'error': 'the picture took too long'}, 408)
        except FollowAnythingError as error:
            return JSONResponse({'error': without_paths(str(error))}, 400)
        self.hub.pass_on(page, Order.IMAGE, picture)
        return JSONResponse({'taken': True})

    async def _frame(self, _: Request) -> Response:
        before = self._link.shown()
        with self.hub.watching():
            await self.hub.news(PICTURE_WITHIN_S)
        shown = self._link.shown() or before
        if shown is None:
            return JSONResponse({'error': 'no picture has come yet'}, 503)
        return Response(shown.jpeg, media_type='image/jpeg', headers={'Cache-Control': 'no-store'})

    async def _stream(self, request: Request) -> Response:
        if self.hub.streams >= MAX_STREAMS:
            return JSONResponse({'error': f'{MAX_STREAMS} streams are open already'}, 503)
        return StreamingResponse(
            self._parts(request),
            media_type=f'multipart/x-mixed-replace; boundary={BOUNDARY}',
            headers={'Cache-Control': 'no-store'},
        )

    async def _parts(self, request: Request) -> AsyncIterator[bytes]:
        if self.hub.streams >= MAX_STREAMS:
            return  # others began since it was asked for
        last = 0
        with self.hub.watching():
            while not await request.is_disconnected():
                shown = self._link.shown()
                if shown is not None and shown.number != last:
                    last = shown.number
                    head = f'--{BOUNDARY}\r\nContent-Type: image/jpeg\r\n'
                    head += f'X-Timestamp: {shown.taken:.6f}\r\n'
                    head += f'Content-Length: {len(shown.jpeg)}\r\n\r\n'
                    yield head.encode() + shown.jpeg + b'\r\n'
                await self.hub.news(1.0)


async def _body(request: Request) -> bytes | None:
    """Return what was sent; None as soon as it is too much."""
    said = request.headers.get('content-length', '')
    if said.isdecimal() and int(said) > MAX_IMAGE_BYTES:
        return None
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_IMAGE_BYTES:
            return None
    return bytes(data)


class PunctualProtocol(H11Protocol):
    """
    A connection that is closed when its first request does not come: others need the place.

    Always h11, also where httptools is installed, which takes headers without end.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the request."""
        super().connection_made(transport)
        self.loop.call_later(REQUEST_WITHIN_S, self._close_if_idle)

    def _close_if_idle(self) -> None:
        # a WebSocket has taken the transport over, and has a limit of its own
        is_ours = self.transport.get_protocol() is self
        if is_ours and not self.cycle:  # None before the first request
            self.transport.close()
