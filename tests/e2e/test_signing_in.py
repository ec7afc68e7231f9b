"""The sign-in box: over the page while the server wants somebody, gone when somebody is there; and the way out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from browsing import violations

PASSWORD = "a password for the page"


def test_one_signs_in_over_the_page_and_out_again(browser: Any, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "runstone.cli.main", "server", "--auth", "--port", "0", "--store", str(tmp_path / "store")]
    environment = {**os.environ, "RUNSTONE_AUTH_ADMIN_USERNAME": "ada", "RUNSTONE_AUTH_ADMIN_PASSWORD": PASSWORD}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        found = re.search(r"http://\S+", server.stdout.readline())
        assert found
        context = browser.new_context()
        page = context.new_page()
        try:
            page.goto(f"{found[0]}/experiments?q=Def")
            box = page.get_by_test_id("sign-in")
            box.wait_for()
            assert violations(page) == []
            page.keyboard.press("Escape")
            assert box.is_visible()
            page.get_by_label("User name").fill("ada")
            page.get_by_label("Password").fill("wrong, and long enough")
            page.keyboard.press("Enter")
            box.get_by_role("alert").wait_for()
            page.get_by_label("Password").fill(PASSWORD)
            page.keyboard.press("Enter")
            page.get_by_test_id("experiment-row").first.wait_for()
            assert not box.is_visible()
            assert "q=Def" in page.url  # the page kept its state below
            page.reload()
            page.get_by_test_id("signed-in").wait_for()
            assert page.get_by_test_id("signed-in").inner_text() == "ada"
            cookies = {one["name"]: one for one in context.cookies()}
            assert cookies["runstone_session"]["httpOnly"]
            page.keyboard.press("Control+k")
            page.get_by_test_id("palette").get_by_role("combobox").fill("users")
            page.get_by_role("option", name="Users").wait_for()
            page.keyboard.press("Enter")
            page.wait_for_url("**/admin/users")
            page.get_by_test_id("signed-in").click()
            page.get_by_role("menuitem", name="Sign out").click()
            box.wait_for()
            assert page.evaluate("localStorage.getItem('runstone.recent')") == "[]", "nothing is left for who sits here next"
        finally:
            context.close()
            server.terminate()
