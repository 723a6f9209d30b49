"""Answers that were cut off are failed connections, and so are retried.

botocore turns urllib3's own check off and its standard retries look at no checksum: half an answer
would pass for an empty one, and an item that is there for one that is not.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ConnectionClosedError


class WholeAnswers:
    """Stands before botocore's HTTP session; raises ConnectionClosedError for half an answer."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def send(self, request: Any) -> Any:
        answer = self._session.send(request)
        promised = answer.headers.get("content-length")
        if promised is not None and len(answer.content) != int(promised):
            raise ConnectionClosedError(request=request, endpoint_url=request.url)
        return answer

    def close(self) -> None:
        self._session.close()
