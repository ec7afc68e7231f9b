"""``runstone server`` with a provider: where the secret comes from, several workers, what is refused before it listens."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from openid import CLIENT, SECRET, agree, real_provider

ADA = {"sub": "s-1", "preferred_username": "ada.l", "groups": ["boss"]}
ISSUER = ("--oidc-issuer", "https://example.org", "--oidc-client-id", CLIENT)


def command(folder: Path, *options: str) -> list[str]:
    head = [sys.executable, "-m", "runstone.cli.main", "server", "--port", "0", "--store", str(folder / "store")]
    return [*head, *options]


def environment(**more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("RUNSTONE_", "MLFLOW_"))}
    return {**kept, **more}


def test_several_workers_share_a_sign_in_and_no_password_is_needed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET + "\n")
    settings = environment(
        RUNSTONE_OIDC_GROUPS_CLAIM="groups", RUNSTONE_OIDC_ADMIN_GROUP="boss", RUNSTONE_OIDC_CREATE_USERS="true"
    )
    with real_provider(ADA) as issuer:
        options = ("--auth", "--workers", "2", "--oidc-issuer", issuer, "--oidc-client-id", CLIENT)
        line = command(tmp_path, *options, "--oidc-client-secret", str(tmp_path / "secret"))
        with subprocess.Popen(line, env=settings, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                found = re.search(r"http://\S+", server.stdout.readline())
                assert found
                for _ in range(4):  # each question on a connection of its own: any worker may answer
                    cookies: dict[str, str] = {}
                    there = httpx.get(f"{found[0]}/oidc/sign-in")
                    cookies.update(there.cookies)
                    done = httpx.get(agree(there.headers["location"], "s-1"), cookies=cookies)
                    assert done.status_code == 303, done.text
                    session = httpx.get(f"{found[0]}/api/runstone/v1/session", cookies=dict(done.cookies)).json()
                    assert (session["username"], session["is_admin"]) == ("ada.l", True)
            finally:
                server.terminate()


def test_an_administrator_with_a_password_is_made_beside_a_provider_that_makes_them(tmp_path: Path) -> None:
    settings = environment(
        RUNSTONE_OIDC_GROUPS_CLAIM="groups", RUNSTONE_OIDC_ADMIN_GROUP="boss", RUNSTONE_OIDC_CREATE_USERS="true",
        RUNSTONE_AUTH_ADMIN_PASSWORD="long enough for me", RUNSTONE_OIDC_CLIENT_SECRET=SECRET,
    )  # fmt: skip
    line = command(tmp_path, "--auth", *ISSUER)  # nobody is asked there before somebody signs in
    with subprocess.Popen(line, env=settings, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found
            answer = httpx.get(f"{found[0]}/api/2.0/mlflow/users/current", auth=("admin", "long enough for me"))
            assert answer.status_code == 200, answer.text
        finally:
            server.terminate()


@pytest.mark.parametrize(
    ("options", "more", "why"),
    [
        (("--auth", "--oidc-issuer", "https://example.org"), {}, "go together"),
        (ISSUER, {}, "--auth"),
        ((), {"RUNSTONE_OIDC_ISSUER": "https://example.org", "RUNSTONE_OIDC_CLIENT_ID": "x"}, "--auth"),
        (("--auth", *ISSUER), {}, "Nobody could sign in"),
        (("--auth", *ISSUER), {"RUNSTONE_AUTH_ADMIN_PASSWORD": "long enough for me", "RUNSTONE_OIDC_SCOPES": "email"},
         "openid"),
        (("--auth", "--oidc-issuer", "http://example.org", "--oidc-client-id", "x"),
         {"RUNSTONE_AUTH_ADMIN_PASSWORD": "long enough for me"}, "https://"),
        (("--auth", *ISSUER, "--oidc-client-secret", "no such file"), {}, "no such file"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, options: tuple[str, ...], more: dict[str, str], why: str) -> None:
    done = subprocess.run(
        command(tmp_path, *options),
        env=environment(**more),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (1, 2)
    assert why in done.stderr


def test_without_the_packages_it_says_how_to_get_them(tmp_path: Path) -> None:
    code = "import sys; sys.modules['jwt'] = None; from runstone.cli.main import main; sys.exit(main())"
    words = command(tmp_path, "--auth", *ISSUER)[3:]
    more = environment(RUNSTONE_AUTH_ADMIN_PASSWORD="long enough for me")
    done = subprocess.run(
        [sys.executable, "-c", code, *words], env=more, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "pip install 'runstone[oidc]'" in done.stderr


def test_a_user_is_made_for_the_provider(tmp_path: Path) -> None:
    line = [
        sys.executable,
        "-m",
        "runstone.cli.main",
        "users",
        "create",
        "ada.l",
        "--no-password",
        "--store",
        str(tmp_path / "s"),
    ]
    done = subprocess.run(line, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "ada.l" in done.stdout
    refused = subprocess.run(
        [*line, "--password-stdin"], env=environment(), input="", capture_output=True, text=True, timeout=60, check=False
    )
    assert refused.returncode == 2
