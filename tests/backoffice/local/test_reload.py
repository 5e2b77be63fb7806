"""`manage.py up --reload`: new code is loaded, and no request is refused."""

import urllib.error
import urllib.request

from tests.backoffice.local.test_up import Up
from tests.support.polling import wait_until
from tests.test_discovery import SHIP_ORDER


def test_the_processes_restart_when_code_of_an_app_changes(home, tmp_path, request):
    types = tmp_path / "shop/job_types.py"
    types.parent.mkdir()
    (types.parent / "__init__.py").touch()
    types.touch()
    up = Up(home, "--reload", "--port=0", EXTRA_APPS="shop", PYTHONPATH=str(tmp_path))
    request.addfinalizer(up.stop)
    up.wait_for("Ctrl-C stops everything.")
    before = up.description()["pids"]
    types.write_text(SHIP_ORDER)
    up.wait_for(f"{types} has changed: web, workers and upkeep restart.")
    found = up.description()
    url = f"{found['web_url']}/api/v1/job-types/ship_order/"
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {found['token']}"})

    def knows_the_type():
        try:  # the socket is open all the time
            return urllib.request.urlopen(asked, timeout=60).status == 200
        except urllib.error.HTTPError:
            return False

    wait_until(knows_the_type, 90)
    wait_until(lambda: not {before["web"], before["upkeep"]} & set(up.pids()), 60)
