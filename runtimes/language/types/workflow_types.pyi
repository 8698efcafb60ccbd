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
    def increment(self, key: str, amount: float = 1) -> Any:
        """Adds to a number, or to 0, and returns the sum. Increments of concurrent runs are kept."""
    def add(self, key: str, item: Any) -> bool:
        """Appends to a list unless it holds the item, and returns whether it was added. Items that concurrent runs add
        are kept."""
    def discard(self, key: str, item: Any) -> bool:
        """Removes an item from a list, and returns whether the list held it."""
    def put_in(self, key: str, name: str, value: Any) -> None:
        """Sets `settings[key][name]`. Entries that concurrent runs put are kept."""
