#include "cli/terminal.hpp"

#include <chrono>

#include <doctest/doctest.h>

namespace cli {

using Sink = Surroundings::Sink;
using namespace std::chrono_literals;

TEST_CASE("terminal: colour on a terminal, plain text in files and pipes") {
  CHECK(choose_style({.sink = Sink::terminal, .no_color = {}, .term = "xterm"}) == Style::colour);
  CHECK(choose_style({.sink = Sink::other, .no_color = {}, .term = "xterm"}) == Style::plain);
}

TEST_CASE("terminal: NO_COLOR counts when it is not empty, whatever it says") {
  for (const char* value : {"1", "0", "no"}) {
    CHECK(choose_style({.sink = Sink::terminal, .no_color = value, .term = "xterm"}) ==
          Style::plain);
  }
  CHECK(choose_style({.sink = Sink::terminal, .no_color = "", .term = "xterm"}) == Style::colour);
}

TEST_CASE("terminal: a dumb terminal, or an unknown one, gets no colour") {
  CHECK(choose_style({.sink = Sink::terminal, .no_color = {}, .term = "dumb"}) == Style::plain);
  CHECK(choose_style({.sink = Sink::terminal, .no_color = {}, .term = ""}) == Style::plain);
  CHECK(choose_style({.sink = Sink::terminal, .no_color = {}, .term = {}}) == Style::plain);
}

TEST_CASE("progress: bar, rate and time left") {
  CHECK(progress_line("simulating", 0, 10, 0s) == "simulating [....................] 0/10");
  // 5 in 2 s are 2.5 per second; the other 5 take 2 s.
  CHECK(progress_line("simulating", 5, 10, 2s) ==
        "simulating [##########..........] 5/10, 2.5/s, 2 s left");
  CHECK(progress_line("simulating", 10, 10, 4s) ==
        "simulating [####################] 10/10, 2.5/s, 0 s left");
  // 99 left at one in 60 s are 99 minutes, 1.65 hours.
  CHECK(progress_line("x", 1, 100, 60s) == "x [....................] 1/100, 0.0/s, 1.6 h left");
  CHECK(progress_line("x", 1, 31, 6s) == "x [....................] 1/31, 0.2/s, 3 min left");
  CHECK(progress_line("x", 0, 0, 1s) == "x [####################] 0/0");
}

}  // namespace cli
