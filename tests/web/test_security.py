import pytest

from nural.web.security import BODY, PICTURE

STROKES = {"strokes": [[[0.2, 0.2], [0.8, 0.2], [0.4, 0.9]]]}


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_its_own_names_are_answered(ask, name):
    host = f"{name}:{ask.port}"
    assert ask("/api/models", headers={"Host": host}).status == 200
    assert ask("/api/read", STROKES, headers={"Host": host, "Origin": f"http://{host}"}).status == 200


@pytest.mark.parametrize("host", ["example.com", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.example.com:{port}", "", None])
@pytest.mark.parametrize("path", ["/", "/api/models", "/main.js"])
def test_no_other_host_is(ask, path, host):
    answer = ask(path, headers={"Host": host and host.format(port=ask.port)})
    assert answer.status in (400, 403)  # HTTP itself needs a Host
    assert b"nural" not in answer.content


def test_two_hosts_are_none(ask):
    request = f"GET /api/models HTTP/1.1\r\nHost: {ask.host}\r\nHost: {ask.host}\r\n\r\n".encode()
    with ask.connect(request) as connection:
        assert connection.recv(100).split()[1] in (b"400", b"403")


@pytest.mark.parametrize("origin", ["http://example.com", "https://127.0.0.1:{port}", "null", "http://127.0.0.1", None])
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
def test_a_change_must_come_from_this_page(ask, origin, method):
    answer = ask("/api/training", {}, method=method, headers={"Origin": origin and origin.format(port=ask.port)})
    assert answer.status == 403
    assert "page" in answer.error or "Origin" in answer.error


def test_another_page_may_open_this_one_but_not_read_from_it(ask):
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Origin": None}
    assert ask("/", headers=elsewhere).status == 200  # a link in a letter
    assert ask("/api/models", headers=elsewhere).status == 403
    assert ask("/api/models", headers={"Sec-Fetch-Site": "same-site", "Origin": None}).status == 403


@pytest.mark.parametrize("path", ["/", "/main.js", "/api/models", "/nothing", "/api/read"])
def test_every_answer_says_what_a_browser_must_not_do(ask, path):
    headers = {name.lower(): value for name, value in ask(path).headers.items()}
    assert headers["content-security-policy"].startswith("default-src 'self';")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


def test_a_body_is_bounded_before_it_is_read(ask):
    answer = ask("/api/read", b"", headers={"Content-Length": str(BODY + 1)})
    assert (answer.status, answer.error) == (413, "the body is larger than 1 MB")
    picture = {"Content-Length": str(PICTURE + 1), "Content-Type": "image/png"}
    assert ask("/api/read", b"", headers=picture).error == "the body is larger than 32 MB"


def test_a_body_in_chunks_is_bounded_too(ask):
    answer = ask("/api/read", [b" " * 65536] * 20, chunked=True)
    assert (answer.status, answer.error) == (413, "the body is larger than 1 MB")
    assert ask("/api/models").status == 200


def test_a_body_in_chunks_is_read(ask):
    parts = [b'{"strokes": [[[0.2, 0.2], [0.8,', b" 0.2], [0.4, 0.9]]]}"]
    assert ask("/api/read", parts, chunked=True).json["answer"] == 7


@pytest.mark.parametrize(
    "path", ["/../server.py", "/..%2fserver.py", "/%2e%2e/server.py", "/components/../../server.py"]
)
def test_only_the_page_is_served(ask, path):
    answer = ask(path)
    assert answer.status == 404
    assert answer.error == "there is nothing at this address"


def test_an_unknown_method(ask):
    assert ask("/api/read").status == 405
    assert ask("/api/models", {}, method="DELETE").error == "this address does not take this method"
