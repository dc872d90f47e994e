"""A Chromium without a window, driven through chromedriver. Nothing but Python's own library."""

import base64
import contextlib
import json
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--window-size=1280,900",
]
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # of the WebDriver standard
KEYS = {"Enter": "\ue007", "Left": "\ue012", "Up": "\ue013", "Right": "\ue014", "Down": "\ue015", "Tab": "\ue004"}


def is_installed():
    return shutil.which("chromedriver") and (shutil.which("chromium") or shutil.which("google-chrome"))


def wait_for(found, what, seconds=20):
    """What `found` returns, as soon as that is something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = found()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s for {what}")


class Browser:
    def __init__(self, address, profile):
        self.address = address
        options = {"args": FLAGS + [f"--user-data-dir={profile}"]}
        if shutil.which("chromium"):
            options["binary"] = shutil.which("chromium")
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        self.path = ""
        self.path = "/session/" + self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

    def call(self, method, path, body=None):
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.address + self.path + path, data, {"Content-Type": "application/json"},
                                         method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return json.loads(reply.read())["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.read().decode()[:500]}") from error

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """What a script in the page returns."""
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def tool(self, command, **parameters):
        """A command of the DevTools protocol."""
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def emulate(self, media="", scheme="light"):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.tool("Emulation.setEmulatedMedia", media=media, features=features)

    def resize(self, width, height=900):
        self.tool("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def press(self, *keys):
        """Keys, one after the other, into what has the focus."""
        actions = []
        for key in keys:
            value = KEYS.get(key, key)
            actions += [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def focus(self, selector):
        self.run("document.querySelector(arguments[0]).focus()", selector)

    def point_at(self, selector, x, y, click=False):
        """Moves the pointer to a place in an element, from its upper left corner, and maybe clicks."""
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", selector)
        box = self.run("const box = document.querySelector(arguments[0]).getBoundingClientRect();"
                       "return [box.x, box.y]", selector)
        place = {"x": round(box[0] + x), "y": round(box[1] + y)}
        steps = [{"type": "pointerMove", "duration": 0, "x": place["x"] - 3, "y": place["y"] - 3},
                 {"type": "pointerMove", "duration": 50, **place}]
        if click:
            steps += [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": steps}
        self.call("POST", "/actions", {"actions": [mouse]})

    def log(self, kind):
        return self.call("POST", "/se/log", {"type": kind})

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("GET", "/screenshot")))


def address_in(log):
    """Where chromedriver listens, once it says so."""
    with open(log, encoding="utf-8") as text:
        found = re.search(r"started successfully on port (\d+)", text.read())
    return found and f"http://127.0.0.1:{found[1]}"


@contextlib.contextmanager
def browser():
    """A browser with an empty profile, which is closed and removed afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        log = f"{directory}/log"
        with open(log, "w", encoding="utf-8") as output:
            driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=output, stderr=subprocess.STDOUT)
        try:
            made = Browser(wait_for(lambda: address_in(log), "chromedriver"), f"{directory}/profile")
            try:
                yield made
            finally:
                made.call("DELETE", "")
        finally:
            driver.terminate()
            driver.wait(10)
