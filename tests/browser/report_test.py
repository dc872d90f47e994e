#!/usr/bin/env python3
"""The page of `espalier report` in a browser: is it drawn, does it answer, does it load nothing?

usage: report_test.py ESPALIER [TEST...]    exits with 77, for "skipped", where there is no Chromium
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from browser import browser, is_installed, wait_for

SKIPPED = 77
EVIL = "</script><img src=x onerror=\"document.title='broken into'\"><b id=evil>"
MODEL = "{layers: 4, hidden: 512, heads: 8, vocabulary: 1024, sequence: 512}"
# 18 points, six of which cannot be run: micro-batches of three sequences do not divide a batch of 16.
SWEEP = f"""description: {json.dumps(EVIL)}
base:
  model: model.yaml
  gpu: a100-sxm-80gb
  topology: 'gpu-cluster:2x4'
  layout: {{ global_batch: 16, tensor: 2 }}
axes:
  - layout.tensor: [1, 2, 4]
  - layout.pipeline: [1, 2]
  - layout.micro_batch: [1, 2, 3]
"""
espalier = ""


def make_page(directory, name, sweep):
    """Sweeps, and reports: where the page is."""
    (directory / "model.yaml").write_text(MODEL, encoding="utf-8")
    (directory / f"{name}.yaml").write_text(sweep, encoding="utf-8")
    out = directory / name
    for words in (["sweep", directory / f"{name}.yaml", "-o", out], ["report", out]):
        done = subprocess.run([espalier, *map(str, words)], check=False, stdout=subprocess.DEVNULL)
        # 2 is that of a sweep of which no point can be run.
        if done.returncode not in ((0, 2) if words[0] == "sweep" else (0,)):
            raise RuntimeError(f"espalier {words[0]} ended with {done.returncode}")
    return (out / "report.html").as_uri()


def column_of(key, values, **more):
    """A column as a page's data has it."""
    role = "axis" if key.startswith("axes.") else "result"
    return {"key": key, "title": key.removeprefix("axes."), "unit": "", "role": role, "better": "lower",
            "number": isinstance(values[0], (int, float)) and not isinstance(values[0], bool), "shown": True,
            "factor": 1, "digits": 0, "values": values, **more}


class ReportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.steps = make_page(cls.directory, "steps", SWEEP)
        cls.page = cls.enterClassContext(browser())

    def setUp(self):
        self.page.emulate()
        self.page.resize(1280)
        self.page.log("performance")
        self.opened = set()
        self.open(self.steps)

    def open(self, url):
        self.opened.add(url)
        self.page.open(url)
        wait_for(lambda: self.page.run("return document.documentElement.dataset.ready"), "the page")

    def tearDown(self):
        """Whatever a test does, the page has no errors, and asks the network for nothing."""
        errors = [entry["message"] for entry in self.page.log("browser") if entry["level"] in ("SEVERE", "WARNING")]
        self.assertEqual(errors, [])
        asked = []
        for entry in self.page.log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                asked.append(message["params"]["request"]["url"])
        self.assertLessEqual(self.opened, set(asked))  # else nothing was looked at
        self.assertEqual([url for url in asked if url not in self.opened and not url.startswith("data:")], [])

    def open_table(self, *columns, constants=()):
        """A page whose points are these; all ran, unless there is a column that says otherwise."""
        count = len(columns[0]["values"])
        given = {column["key"] for column in columns}
        usual = [column_of("point", list(range(count))), column_of("status", ["ok"] * count)]
        columns = [column for column in usual if column["key"] not in given] + list(columns)
        page = pathlib.Path(self.steps.removeprefix("file://")).read_text(encoding="utf-8")
        begin = page.index('id="data">') + len('id="data">')
        end = page.index("</script>", begin)
        data = json.loads(page[begin:end])
        data |= {"points": count, "point": None, "best": 0, "timeline": None,
                 "table": {"rows": count, "columns": columns, "constants": list(constants)}}
        path = self.directory / "table.html"
        path.write_text(page[:begin] + json.dumps(data).replace("<", "\\u003c") + page[end:], encoding="utf-8")
        self.open(path.as_uri())

    def drawing(self, code):
        """What a script returns of `drawing`, the chart."""
        return self.page.run(f"const drawing = echarts.getInstanceByDom(document.getElementById('chart')); {code}")

    def column(self, title):
        """The cells under a head, from top to bottom."""
        return self.page.run("""
            const heads = [...document.querySelectorAll("#table thead th")];
            const at = heads.findIndex((head) => head.textContent.startsWith(arguments[0]));
            return [...document.querySelectorAll("#table tbody tr")].map((row) => row.cells[at].textContent);
        """, title)

    def inside(self, code, *arguments):
        """What a script returns that sees the functions of the page's own program, which is not started again."""
        program = self.page.run("return [...document.scripts].at(-1).textContent")
        program = program[program.index('"use strict";'):program.index("// Starts the page")]
        return self.page.run(f"{program}\n{code}", *arguments)

    def chart(self):
        return self.page.run("return document.querySelector('#chart svg').innerHTML")

    def choose(self, select, value):
        self.page.run("""
            const select = document.querySelector(arguments[0]);
            select.value = arguments[1];
            select.dispatchEvent(new Event("change"));
        """, select, value)

    def test_page_is_drawn(self):
        self.assertEqual(self.page.text("h1"), "steps")
        self.assertEqual(len(self.column("point")), 18)
        self.assertGreater(self.page.run("return document.querySelectorAll('#chart svg path').length"), 10)
        self.assertGreater(self.page.run("return document.querySelectorAll('#network svg line').length"), 20)
        colours = self.page.run("""
            const canvas = document.getElementById("timeline-canvas");
            const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            return new Set(new Uint32Array(pixels.buffer)).size;
        """)
        self.assertGreater(colours, 5)
        self.assertIn("espalier sweep", self.page.text("#reproduce"))

    def test_pages_with_little_on_them(self):
        base = SWEEP[SWEEP.index("base:"):SWEEP.index("axes:")]
        self.open(make_page(self.directory, "one", base))
        self.assertEqual(self.column("status"), ["ok"])
        self.open(make_page(self.directory, "none", base + "axes: [layout.tensor: [3, 5]]"))
        self.assertEqual(self.column("status"), ["invalid", "invalid"])
        self.assertIn("Too few points", self.page.text("#chart-note"))
        ring = "base: {topology: 'ring:8', algorithms: ring, sizes: 1KiB..1MiB}"
        self.open(make_page(self.directory, "ring", ring))
        self.assertEqual(len(self.column("time")), 11)
        self.assertIn("Only training steps have a timeline", self.page.text("#timeline"))

    def test_texts_are_no_markup(self):
        self.assertEqual(self.page.run("return document.querySelectorAll('#evil, img').length"), 0)
        self.assertEqual(self.page.run("return document.title"), "steps")
        self.assertIn(EVIL, self.page.text("header"))

    def test_heads_sort_by_keyboard(self):
        head = "th[data-key='step_s']"
        self.page.focus(f"{head} button")
        self.page.press("Enter")
        order = f"return document.querySelector(\"{head}\").getAttribute('aria-sort')"
        self.assertEqual(self.page.run(order), "ascending")
        times = [float(text) for text in self.column("step") if text]
        self.assertEqual(times, sorted(times))
        self.page.press("Enter")  # the head still has the focus
        self.assertEqual(self.page.run(order), "descending")
        times = [float(text) for text in self.column("step") if text]
        self.assertEqual(times, sorted(times, reverse=True))
        self.assertEqual(self.column("step")[-1], "", "what has no value comes last in either order")

    def test_filter(self):
        self.page.focus("#filter")
        self.page.press(*"tensor=2 status=ok")
        self.assertEqual(set(self.column("tensor")), {"2"})
        self.assertEqual(set(self.column("status")), {"ok"})
        shown = len(self.column("point"))
        self.assertEqual(self.page.text("#count"), f"{shown} of 18 points")
        self.assertIn(f"{shown} points", self.page.text("#chart-note"))
        self.page.run("document.querySelector('#filter').value = '';"
                      "document.querySelector('#filter').dispatchEvent(new Event('input'));"
                      "document.querySelector('#usable').click()")
        self.assertEqual(len(self.column("point")), 12)

    def test_filter_says_what_it_does_not_know(self):
        gpus = column_of("gpus", [8], title="GPUs")
        self.open_table(column_of("axes.x", [1, 2, 3]), column_of("step_s", [1.24, 2.26, 3.26], digits=1),
                        constants=[gpus])
        for text, points, note in (("width=2", [], "; no column 'width'"), ("gpus=8", ["0", "1", "2"], "; GPUs is 8 "),
                                   ("gpus>8", [], "; GPUs is 8 "), ("step_s=2.3", ["1"], ""),
                                   ("step_s<2.3", ["0"], ""), ("step_s<=2.3", ["0", "1"], ""),
                                   ("step_s>2.3", ["2"], ""), ("step_s>=2.3", ["1", "2"], ""),
                                   ("step_s>2.3 x>1", ["2"], "")):
            self.page.run("""
                document.querySelector("#filter").value = arguments[0];
                document.querySelector("#filter").dispatchEvent(new Event("input"));
            """, text)
            self.assertEqual(self.column("point"), points, text)
            said = self.page.text("#count")
            self.assertEqual(said.startswith(f"{len(points)} of 3 points{note}"), True, said)
            self.assertTrue(note or said.endswith("points"), said)

    def test_rows_have_details(self):
        self.page.focus("#table tbody button.row")
        self.page.press("Down", "Down", "Enter")
        point = self.column("point")[2]
        self.assertTrue(self.page.text("#details-title").startswith(f"Point {point}: "))
        self.assertEqual(self.page.text("tr.chosen button[aria-pressed=true]"), point)
        self.page.focus("th[data-key='step_s'] button")
        self.page.press("Enter")  # draws all rows again
        pressed = "return [...document.querySelectorAll('button.row')].map((row) => row.getAttribute('aria-pressed'))"
        self.assertEqual(sorted(self.page.run(pressed)), 17 * ["false"] + ["true"])
        self.assertIn(f"--point {point}", self.page.text("#details-body"))

    def test_chart_follows_its_controls(self):
        before = self.chart()
        self.choose("#chart-y", "mfu")
        after = self.chart()
        self.assertNotEqual(before, after)
        self.assertIn("MFU", after)
        # Of the 12 points that ran: marks, and rings of the front; bars of each part; cells; marks.
        least = {"scatter": 12, "breakdown": 2 * 12, "heat": 2 * 3, "line": 12}
        for kind, marks in least.items():
            self.choose("#chart-kind", kind)
            types, drawn = self.drawing("""
                const series = drawing.getModel().getSeries();
                const marks = series.flatMap((each) => each.getData().mapArray((i) =>
                    each.getData().getItemGraphicEl(i)).filter(Boolean));
                return [series.map((each) => each.subType), marks.length];
            """)
            name = {"breakdown": "bar", "heat": "heatmap"}.get(kind, kind)
            self.assertIn(name, types)
            self.assertGreaterEqual(drawn, marks, kind)
        self.choose("#chart-kind", "scatter")
        self.choose("#chart-x", "memory_B")
        self.assertIn("Pareto front", self.page.text("#chart-note"))

    def test_ticks_keep_their_digits(self):
        numbers = [0, 12, 0.5, 12345, 1.5e7, 123456789, -2.5e-5, 1e-5]
        texts = self.inside("return arguments[0].map(tick_text)", numbers)
        self.assertEqual(texts, ["0", "12", "0.5", "12\u202f345", "1.5e+7", "1.23457e+8", "-2.5e-5", "1e-5"])

    def test_points_that_do_not_fit_look_so(self):
        self.open_table(column_of("axes.a", [1, 1, 2, 2]), column_of("axes.b", [1, 2, 1, 2]),
                        column_of("step_s", [3, 4, 1, 2]), column_of("fits", [True, True, False, True]),
                        column_of("compute_s", [2, 3, 1, 1], role="part"))
        self.choose("#chart-kind", "breakdown")
        bars = self.drawing("return drawing.getOption().yAxis[0].data")
        self.assertEqual([bar.endswith(" (does not fit)") for bar in bars], [False, False, True, False])
        self.choose("#chart-kind", "heat")
        grey = self.page.run("return getComputedStyle(document.documentElement).getPropertyValue('--panel').trim()")
        fills = self.drawing("""
            return drawing.getModel().getSeriesByIndex(0).getData().mapArray((i) =>
                drawing.getModel().getSeriesByIndex(0).getData().getItemVisual(i, "style").fill);
        """)
        self.assertEqual([fill == grey for fill in fills], [False, False, True, False])
        self.assertEqual(self.drawing("return drawing.getOption().visualMap[0].min"), 2)
        self.assertIn("Hatched: does not fit into memory (1)", self.page.text("#chart-note"))

    def test_lines_go_through_the_median_of_seeds(self):
        self.open_table(column_of("axes.x", [1, 1, 1, 2, 2, 2]), column_of("axes.seed", [1, 2, 3, 1, 2, 3]),
                        column_of("step_s", [5, 1, 9, 7, 8, 6]))
        self.choose("#chart-group", "")
        line = self.drawing("return drawing.getOption().series[0].data.map((mark) => mark.value)")
        self.assertEqual(line, [[1, 5], [2, 7]])
        self.assertIn("of seeds the median", self.page.text("#chart-note"))

    def test_axes_begin_at_nothing(self):
        begin = "return drawing.getModel().getComponent('yAxis').axis.scale.getExtent()[0]"
        self.open_table(column_of("axes.x", [1, 2, 3]), column_of("step_s", [4, 5, 6]))
        self.assertEqual(self.drawing(begin), 0)
        self.open_table(column_of("axes.x", [1, 2, 3]), column_of("step_s", [104, 105, 106]))
        self.assertGreater(self.drawing(begin), 100)

    def test_chart_is_walked_from_left_to_right(self):
        self.open_table(column_of("axes.x", [16, 2, 1]), column_of("axes.y", ["a", "b", "a"]),
                        column_of("step_s", [1, 2, 3]))
        self.choose("#chart-kind", "heat")
        self.page.focus("#chart")
        points = []
        for _ in range(3):
            self.page.press("Right")
            points.append(self.page.text("#spoken").split(":")[0])
        self.assertEqual(points, ["point 2", "point 1", "point 0"])

    def test_labels_have_the_titles_of_axes(self):
        self.open_table(column_of("axes.nic.bandwidth", [1, 2]), column_of("axes.link.bandwidth", [3, 4]),
                        column_of("step_s", [1, 2]))
        self.assertEqual(self.inside("return label_of(1)"), "nic.bandwidth 2, link.bandwidth 4")
        self.choose("#chart-group", "axes.link.bandwidth")
        names = self.drawing("return drawing.getOption().legend[0].data")
        self.assertEqual(names, ["link.bandwidth 3", "link.bandwidth 4"])

    def test_chart_of_many_points_and_of_few_columns(self):
        many = "return suits_log({number: true, values: Array.from({length: 1e6}, (_, i) => i + 1)})"
        self.assertTrue(self.inside(many))
        self.open_table(column_of("axes.x", [1, 2]), column_of("compute_s", [1, 2], role="part"))
        self.assertEqual(self.page.run("return document.getElementById('chart-y').value"), "compute_s")

    def test_parts_of_a_step_have_one_colour_each(self):
        used = self.inside("return Object.values(category_marks).map(colour)")
        self.assertEqual(len(set(used)), len(used))
        parts = ["compute", "TP", "CP", "EP", "DP", "PP", "launch", "idle"]
        self.open_table(column_of("axes.x", [1, 2]), column_of("step_s", [1, 2]),
                        *(column_of(f"{part}_s", [1, 2], role="part") for part in parts))
        self.choose("#chart-kind", "breakdown")
        drawn = self.drawing("return drawing.getOption().series.map((series) => series.itemStyle.color)")
        self.assertEqual(drawn, self.inside("return arguments[0].map((part) => colour(category_marks[part]))", parts))

    def test_chart_has_tips_and_clicks(self):
        place = """
            const drawing = echarts.getInstanceByDom(document.getElementById("chart"));
            const series = drawing.getOption().series.find((each) => each.data.length > 0);
            return drawing.convertToPixel({xAxisIndex: 0, yAxisIndex: 0}, series.data.at(-1).value);
        """
        x, y = self.page.run(place)
        self.page.point_at("#chart", x, y)
        tip = wait_for(lambda: self.page.run("return document.querySelector('#chart .tip')?.textContent"), "a tip")
        self.assertIn("point ", tip)
        self.assertIn("tensor ", tip)
        before = self.page.text("#details-title")
        self.page.point_at("#chart", x, y, click=True)
        wait_for(lambda: self.page.text("#details-title") != before, "details")

    def test_chart_by_keyboard(self):
        self.page.focus("#chart")
        self.page.press("Right", "Right", "Right")
        spoken = self.page.text("#spoken")
        self.assertTrue(spoken.startswith("point "), spoken)
        self.page.press("Enter")
        point = spoken.split(":")[0].replace("point", "Point")
        self.assertTrue(self.page.text("#details-title").startswith(f"{point}: "))

    def test_timeline_by_keyboard(self):
        whole = self.page.text("#timeline-range")
        self.page.focus("#timeline-canvas")
        self.page.press("+", "+", "Right")
        self.assertNotEqual(self.page.text("#timeline-range"), whole)
        self.page.press("Down", ".", ".")
        self.assertIn("stage 0, kernels", self.page.text("#timeline-bar"))
        self.page.press("Down")
        self.assertNotIn("kernels", self.page.text("#timeline-bar").split(";")[1])
        self.page.run("document.querySelector('[data-move=all]').click()")
        self.assertEqual(self.page.text("#timeline-range"), whole)

    def test_bars_that_overlap_are_all_found(self):
        # One from 0 to 1000, and twenty short ones in it: at 900, all but the long one are over.
        found = self.inside("""
            const short = Array.from({length: 20}, (_, i) => [i === 0 ? 1 : 10, 5, 0, 1]);
            const bars = read_row({name: "messages", bars: [0, 1000, 0, 1, ...short.flat(), 900, 5, 0, 1]});
            return [900, 1001, 2000].map((time) => first_after(bars, time));
        """)
        self.assertEqual(found, [0, 21, 22])

    def test_a_drag_is_no_click(self):
        self.page.run("document.getElementById('timeline-canvas').scrollIntoView({block: 'center'})")
        box = self.page.run("const box = document.getElementById('timeline-canvas').getBoundingClientRect();"
                            "return [box.x, box.y]")

        def drag(pixels):
            x, y = round(box[0] + 500), round(box[1] + 56)  # in the row of kernels, of which a step is full
            steps = [{"type": "pointerMove", "duration": 0, "x": x, "y": y}, {"type": "pointerDown", "button": 0},
                     {"type": "pointerMove", "duration": 50, "x": x + pixels, "y": y},
                     {"type": "pointerUp", "button": 0}]
            mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": steps}
            self.page.call("POST", "/actions", {"actions": [mouse]})
            return self.page.text("#timeline-bar").strip()

        self.page.run("document.querySelector('[data-move=in]').click()")
        before = self.page.text("#timeline-range")
        self.assertEqual(drag(-60), "")
        after = self.page.text("#timeline-range")
        self.assertNotEqual(after, before)
        self.assertIn("kernels", drag(2))
        self.assertEqual(self.page.text("#timeline-range"), after)
        self.page.run("""
            const canvas = document.getElementById("timeline-canvas");
            canvas.setPointerCapture = () => {};
            const send = (type, x) => canvas.dispatchEvent(new PointerEvent(type, {clientX: x, pointerId: 1}));
            send("pointerdown", 500);
            send("pointercancel", 500);
            send("pointermove", 700);
        """)
        self.assertEqual(self.page.text("#timeline-range"), after)

    def test_dark_mode_and_print(self):
        looks = """
            const body = getComputedStyle(document.body);
            const text = document.querySelector("#chart svg text");
            const node = getComputedStyle(document.querySelector("#network svg .gpu"));
            const timeline = document.getElementById("timeline-canvas").toDataURL();
            return [body.backgroundColor, body.color, text.getAttribute("fill"), node.fill, timeline];
        """
        light = self.page.run(looks)
        self.page.emulate(scheme="dark")
        dark = wait_for(lambda: self.page.run(looks) if self.page.run(looks)[2] != light[2] else None, "dark colours")
        for one, other in zip(light, dark):
            self.assertNotEqual(one, other)
        self.page.emulate(scheme="light")
        wait_for(lambda: self.page.run(looks) == light, "light colours again")
        self.page.emulate(media="print", scheme="dark")
        wait_for(lambda: self.page.run(looks)[0] == "rgb(255, 255, 255)", "paper")
        self.assertEqual(self.page.run("return getComputedStyle(document.querySelector('.controls')).display"), "none")

    def test_colours_stand_apart(self):
        """Contrast as the Web Content Accessibility Guidelines reckon it: 4.5 and more for text."""
        contrast = """
            const style = getComputedStyle(document.documentElement);
            const light = (name) => {
              const hex = style.getPropertyValue(name).trim().match(/[0-9a-f]{2}/gi);
              const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
              const [r, g, b] = hex.map((each) => linear(parseInt(each, 16) / 255));
              return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const [a, b] = [light(arguments[0]), light(arguments[1])];
            return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        """
        for scheme in ("light", "dark"):
            self.page.emulate(scheme=scheme)
            for ink in ("--ink", "--muted", "--accent"):
                for paper in ("--paper", "--panel", "--chosen"):
                    self.assertGreaterEqual(self.page.run(contrast, ink, paper), 4.5, (scheme, ink, paper))
            for mark in range(12):
                self.assertGreaterEqual(self.page.run(contrast, f"--mark{mark}", "--paper"), 3, (scheme, mark))

    def test_texts_on_colours_stand_apart(self):
        """Names on bars of the timeline, pale ones too, and numbers in the cells of a heat map."""
        bars = """
            const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            const fills = Object.values(category_marks).map(colour);
            return fills.flatMap((mark) => [mark, blended(mark, colour("paper"), 0.7)]).map((fill) =>
                contrast(luminance(fill), luminance(text_on(fill))));
        """
        for scheme in ("light", "dark"):
            self.page.emulate(scheme=scheme)
            self.assertGreaterEqual(min(self.inside(bars)), 4.5, scheme)
        cells = """
            const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            const column = {better: "higher", number: true, factor: 1, values: [0, 1], title: "x"};
            const scale = heat_scale(column, [0, 1]);
            return Array.from({length: 101}, (_, i) => i / 100).map((at) => {
              const place = Math.min(Math.floor(at * 6), 5);
              const fill = blended(heat_ramp[place + 1], heat_ramp[place], at * 6 - place);
              return contrast(luminance(fill), scale.is_pale(at) ? 0 : 1);
            });
        """
        self.assertGreaterEqual(min(self.inside(cells)), 4.5)

    def test_controls_have_names(self):
        nameless = self.page.run("""
            // The text in a label, less that of the control, which may be in it as well.
            const label = (each) => [...(each.labels?.[0]?.childNodes ?? [])]
                .filter((node) => !node.contains(each)).map((node) => node.textContent).join("").trim();
            const text = (each) => (["BUTTON", "SUMMARY", "A"].includes(each.tagName) ? each.textContent.trim() : "");
            const name = (each) => text(each) || label(each) || each.getAttribute("aria-label")?.trim();
            const controls = document.querySelectorAll("button:not([hidden]), input, select, canvas, [tabindex]");
            return [...controls].filter((each) => !name(each)).map((each) => each.outerHTML.slice(0, 80));
        """)
        self.assertEqual(nameless, [])

    def test_narrow(self):
        self.page.resize(400)
        width = "return document.documentElement.scrollWidth"
        wait_for(lambda: self.page.run(width) <= 400, "a page that is no wider than its window")

    def test_without_scripts(self):
        self.page.tool("Emulation.setScriptExecutionDisabled", value=True)
        try:
            self.page.open(self.steps)
            root = self.page.tool("DOM.getDocument")["root"]["nodeId"]
            rows = self.page.tool("DOM.querySelectorAll", nodeId=root, selector="#table tbody tr")["nodeIds"]
            self.assertEqual(len(rows), 18)
            charts = self.page.tool("DOM.querySelectorAll", nodeId=root, selector="#charts[hidden]")["nodeIds"]
            self.assertEqual(len(charts), 1)
        finally:
            self.page.tool("Emulation.setScriptExecutionDisabled", value=False)


if __name__ == "__main__":
    espalier = sys.argv.pop(1)
    if not is_installed():
        print("skipped: there is no chromium with a chromedriver here")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
