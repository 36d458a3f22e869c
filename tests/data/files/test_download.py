"""Fetching from a server of our own that cuts connections, knows ranges or not, or has another file."""

import hashlib
import logging
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from made_up import noise

from scaling_lab.data.files import download
from scaling_lab.data.files.download import download_file, ensure_file
from scaling_lab.errors import UserError

CONTENT = noise(300_000).tobytes()
SUM = hashlib.sha256(CONTENT).hexdigest()
SIZE = len(CONTENT)


class Server(ThreadingHTTPServer):
    """What it has, after how many bytes it cuts each connection, whether it knows ranges; and the ranges requested."""

    content = CONTENT
    cut: int | None = None
    ranges = True
    requested_ranges: list[str | None]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/file.bin"


class Answer(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        byte_range = self.headers.get("Range")
        self.server.requested_ranges.append(byte_range)
        start = int(re.findall(r"\d+", byte_range)[0]) if byte_range and self.server.ranges else 0
        content = self.server.content[start:]
        if start and not content:
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header(
                "Content-Range", f"bytes {start}-{len(self.server.content) - 1}/{len(self.server.content)}"
            )
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: self.server.cut])

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    with Server(("127.0.0.1", 0), Answer) as served:
        served.requested_ranges = []
        thread = Thread(target=served.serve_forever, args=(0.01,))
        thread.start()
        yield served
        served.shutdown()
        thread.join()


def test_a_file_is_fetched_whole(server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "scaling_lab")
    to = tmp_path / "new" / "folder" / "file.bin"
    assert download_file(server.url, SUM, SIZE, to) == to
    assert to.read_bytes() == CONTENT
    assert [file.name for file in to.parent.iterdir()] == ["file.bin"]
    assert caplog.messages == [f"downloading {server.url} (0.3 MB) to {to}"]


def test_a_cut_connection_is_taken_up_where_it_ended(server: Server, tmp_path: Path) -> None:
    server.cut = 100_000
    assert download_file(server.url, SUM, SIZE, tmp_path / "file.bin").read_bytes() == CONTENT
    assert server.requested_ranges == [None, "bytes=100000-", "bytes=200000-"]


def test_a_server_that_keeps_cutting_is_given_up_and_taken_up_later(server: Server, tmp_path: Path) -> None:
    server.cut, to = 40_000, tmp_path / "file.bin"
    with pytest.raises(UserError, match=r"cannot be downloaded .*; 200,000 of 300,000 bytes"):
        download_file(server.url, SUM, SIZE, to)
    assert not to.exists()
    assert (tmp_path / "file.part").read_bytes() == CONTENT[:200_000]
    server.cut, server.requested_ranges = None, []
    assert download_file(server.url, SUM, SIZE, to).read_bytes() == CONTENT
    assert server.requested_ranges == ["bytes=200000-"]


def test_a_server_without_ranges_starts_over(server: Server, tmp_path: Path) -> None:
    server.ranges = False
    (tmp_path / "file.part").write_bytes(CONTENT[:1000])
    assert download_file(server.url, SUM, SIZE, tmp_path / "file.bin").read_bytes() == CONTENT


def test_a_part_that_is_whole_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(CONTENT)
    assert download_file(server.url, SUM, SIZE, tmp_path / "file.bin").read_bytes() == CONTENT
    assert server.requested_ranges == []


@pytest.mark.parametrize(
    "content",
    [CONTENT[:-1] + b"x", CONTENT[:-1], CONTENT + b"x", CONTENT * 3],
    ids=["other", "shorter", "longer", "much longer"],
)
def test_another_file_is_refused_and_removed(
    content: bytes, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.content = content
    monkeypatch.setattr(download, "CHUNK_BYTES", 10_000)
    with pytest.raises(UserError) as refused:
        download_file(server.url, SUM, SIZE, tmp_path / "file.bin")
    message = str(refused.value)
    assert server.url in message
    assert SUM in message
    assert f"{min(len(content), SIZE + 10_000):,} bytes" in message  # no more is read than shows that it is another
    if len(content) <= SIZE:
        assert hashlib.sha256(content).hexdigest() in message
    assert list(tmp_path.iterdir()) == []


def test_a_bad_part_is_removed_and_the_next_call_starts_over(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(b"x" * 1000)
    with pytest.raises(UserError, match="unexpected content"):
        download_file(server.url, SUM, SIZE, tmp_path / "file.bin")
    assert download_file(server.url, SUM, SIZE, tmp_path / "file.bin").read_bytes() == CONTENT


def test_without_a_network_it_says_which_file_to_put_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with Server(("127.0.0.1", 0), Answer) as closed:
        url = closed.url
    to = tmp_path / "file.bin"
    with pytest.raises(UserError) as refused:
        download_file(url, SUM, SIZE, to)
    message = str(refused.value)
    assert f"{url} cannot be downloaded (" in message
    assert "Connection refused" in message
    assert f"put the file at {to}" in message
    assert "\n" not in message
    assert not to.exists()


def test_a_server_that_has_no_more_has_another_file(server: Server, tmp_path: Path) -> None:
    server.content = b""
    (tmp_path / "file.part").write_bytes(b"x")
    with pytest.raises(UserError, match="unexpected content: 1 bytes"):
        download_file(server.url, SUM, SIZE, tmp_path / "file.bin")


def test_a_folder_that_cannot_be_written_is_reported(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written: Not a directory"):
        download_file(server.url, SUM, SIZE, tmp_path / "file" / "x" / "file.bin")


def test_only_one_process_fetches_a_file(server: Server, tmp_path: Path) -> None:
    import fcntl

    with (tmp_path / "file.part").open("a+b") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="by another process"):
            download_file(server.url, SUM, SIZE, tmp_path / "file.bin")


def test_nothing_is_downloaded_unless_requested(server: Server, tmp_path: Path) -> None:
    place = tmp_path / "file.bin"
    with pytest.raises(UserError, match=r"no file .*file\.bin; .*dataset\.path=.*dataset\.download=true"):
        ensure_file(place, server.url, SUM, SIZE, False)
    with pytest.raises(UserError, match="download is 'yes'; must be true or false"):
        ensure_file(place, server.url, SUM, SIZE, "yes")  # type: ignore[arg-type]
    assert server.requested_ranges == []
    assert ensure_file(place, server.url, SUM, SIZE, True).read_bytes() == CONTENT
    assert ensure_file(place, server.url, SUM, SIZE, False) == ensure_file(place, server.url, SUM, SIZE, True) == place
    assert len(server.requested_ranges) == 1
