"""Types of a workflow function's arguments. Only the editor's language server reads this file."""
import io
from typing import Any, Dict, Union

class FilePart(io.BytesIO):
    """An uploaded file of a form. It can be read like an open file."""
    filename: str
    name: str
    content_type: str
    size: int
    @property
    def content(self) -> bytes: ...

class Headers(Dict[str, str]):
    """Headers of the call, with case-insensitive names."""

class Request(Dict[str, Any]):
    """Fields of the call's body, and its headers."""
    method: str
    """The method of the call, such as `POST`."""
    url: str
    """The path of the call, with its query."""
    query: Dict[str, Any]
    """The fields of the query string. A repeated field is a list."""
    headers: Headers
    """The headers of the call, found in any case."""
    body: bytes
    """The body as it was sent."""

class Settings(Dict[str, Any]):
    """Environment properties of the workflow. Changes that the function makes are saved."""
