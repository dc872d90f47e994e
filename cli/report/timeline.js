// The timeline: which part of it is seen, and the bar that is pointed at or that keys came to.

const timeline = {
  painter: null,
  from: 0,
  to: 1,
  at: null, // {line, index}
};

function paint_timeline() {
  timeline.painter.paint(timeline.from, timeline.to, timeline.at);
  const whole = data.timeline.step_ns;
  const share = Number(((100 * (timeline.to - timeline.from)) / whole).toPrecision(2));
  const seen = `${time_text(timeline.from, 7)} to ${time_text(timeline.to, 7)}`;
  document.getElementById("timeline-range").textContent =
    `${seen} of ${time_text(whole)} (${share} %)`;
}

// Keeps within the step, and not closer than a microsecond.
function look_at(from, to) {
  const whole = data.timeline.step_ns;
  const span = Math.min(Math.max(to - from, Math.min(1000, whole)), whole);
  timeline.from = Math.min(Math.max(from, 0), whole - span);
  timeline.to = timeline.from + span;
  paint_timeline();
}

// Around a time that stays where it is.
function zoom(factor, around) {
  look_at(around - (around - timeline.from) * factor, around + (timeline.to - around) * factor);
}

const moves = {
  in: () => zoom(0.5, (timeline.from + timeline.to) / 2),
  out: () => zoom(2, (timeline.from + timeline.to) / 2),
  left: () =>
    look_at(
      timeline.from - 0.2 * (timeline.to - timeline.from),
      timeline.to - 0.2 * (timeline.to - timeline.from),
    ),
  right: () =>
    look_at(
      timeline.from + 0.2 * (timeline.to - timeline.from),
      timeline.to + 0.2 * (timeline.to - timeline.from),
    ),
  all: () => look_at(0, data.timeline.step_ns),
  window: () => look_at(...data.timeline.window_ns),
};

function say_bar() {
  const text = timeline.at ? timeline.painter.describe(timeline.at) : "\u00a0";
  document.getElementById("timeline-bar").textContent = text;
}

// Shows a bar, and moves there if it is out of sight.
function go_to_bar(at) {
  timeline.at = at;
  const { bars } = timeline.painter.lines[at.line];
  const begin = bars.begin[at.index];
  const span = timeline.to - timeline.from;
  if (begin < timeline.from || begin > timeline.to) {
    look_at(begin - span / 4, begin + (3 * span) / 4);
  } else {
    paint_timeline();
  }
  say_bar();
}

// The nearest row of bars above or below.
function step_line(step) {
  const { lines } = timeline.painter;
  let line = timeline.at ? timeline.at.line + step : step > 0 ? 0 : lines.length - 1;
  while (lines[line] && lines[line].kind !== "bars") {
    line += step;
  }
  if (lines[line]) {
    const { bars } = lines[line];
    const time = timeline.at ? bar_begin(timeline.at) : (timeline.from + timeline.to) / 2;
    go_to_bar({ line, index: Math.min(first_after(bars, time), bars.begin.length - 1) });
  }
}

function bar_begin({ line, index }) {
  return timeline.painter.lines[line].bars.begin[index];
}

function step_bar(step) {
  if (!timeline.at) {
    step_line(1);
    return;
  }
  const { bars } = timeline.painter.lines[timeline.at.line];
  const index = Math.min(Math.max(timeline.at.index + step, 0), bars.begin.length - 1);
  go_to_bar({ line: timeline.at.line, index });
}

const timeline_keys = {
  "+": moves.in,
  "=": moves.in,
  "-": moves.out,
  ArrowLeft: moves.left,
  ArrowRight: moves.right,
  Home: moves.all,
  ArrowUp: () => step_line(-1),
  ArrowDown: () => step_line(1),
  ",": () => step_bar(-1),
  ".": () => step_bar(1),
};

function follow_pointer(canvas) {
  const least_drag = 3; // pixels; less is a click by a hand that is not quite still
  let held = null; // where a drag began
  let is_dragged = false; // since the pointer went down
  const let_go = () => {
    held = null;
  };
  const tip = element("div", { class: "float", hidden: true });
  document.getElementById("timeline-view").append(tip);
  canvas.addEventListener("pointerdown", (event) => {
    held = { x: event.offsetX, from: timeline.from, to: timeline.to };
    is_dragged = false;
    canvas.setPointerCapture(event.pointerId);
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    canvas.addEventListener(end, let_go);
  }
  canvas.addEventListener("pointermove", (event) => {
    if (held) {
      is_dragged ||= Math.abs(event.offsetX - held.x) > least_drag;
      if (!is_dragged) {
        return;
      }
      const moved =
        ((event.offsetX - held.x) * (held.to - held.from)) / (canvas.clientWidth - names_width);
      look_at(held.from - moved, held.to - moved);
      return;
    }
    const at = timeline.painter.bar_at(event.offsetX, event.offsetY);
    tip.hidden = !at;
    if (at) {
      tip.textContent = timeline.painter.describe(at);
      const left = canvas.offsetLeft + Math.min(event.offsetX + 14, canvas.clientWidth - 250);
      tip.style.left = `${Math.max(left, 0)}px`;
      tip.style.top = `${canvas.offsetTop + event.offsetY + 16}px`;
    }
  });
  canvas.addEventListener("pointerleave", () => {
    tip.hidden = true;
  });
  canvas.addEventListener("click", (event) => {
    const at = timeline.painter.bar_at(event.offsetX, event.offsetY);
    if (at && !is_dragged) {
      go_to_bar(at);
    }
  });
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        zoom(event.deltaY > 0 ? 1.25 : 0.8, timeline.painter.time_at(event.offsetX));
      }
    },
    { passive: false },
  );
}

function draw_legend() {
  const used = new Set(data.timeline.names.map(([, category]) => category));
  const keys = Object.entries(category_marks)
    .filter(([category]) => used.has(category))
    .map(([category, mark]) =>
      element(
        "span",
        {},
        element("span", { class: "key", style: `background: var(--${mark})` }),
        ` ${category}`,
      ),
    );
  document.getElementById("timeline-legend").replaceChildren(...keys);
  const closest = time_text(data.timeline.closest_ns);
  const [from, to] = data.timeline.window_ns;
  const is_whole = from <= 0 && to >= data.timeline.step_ns;
  const about = is_whole
    ? "Every bar of the step is here."
    : `Full detail from ${time_text(from)} to ${time_text(to)}; ` +
      `elsewhere what is closer than ${closest} is drawn as one, paler bar.`;
  document.getElementById("timeline-view").before(element("p", { class: "note", text: about }));
}

function start_timeline() {
  const view = document.getElementById("timeline-view");
  if (!data.timeline) {
    view.remove();
    return;
  }
  const canvas = document.getElementById("timeline-canvas");
  timeline.painter = new TimelinePainter(canvas, data.timeline);
  canvas.addEventListener("keydown", (event) => {
    const move = !event.ctrlKey && !event.metaKey && !event.altKey && timeline_keys[event.key];
    if (move) {
      move();
      event.preventDefault();
    }
  });
  for (const button of view.querySelectorAll("button[data-move]")) {
    button.addEventListener("click", () => moves[button.dataset.move]());
  }
  follow_pointer(canvas);
  window.addEventListener("resize", paint_timeline);
  draw_legend();
  moves.all();
}
