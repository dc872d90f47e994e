#include "cli/process.hpp"

#include <string>

#include <doctest/doctest.h>

#include "sim/error.hpp"

namespace cli {

TEST_CASE("process: 1 MB goes through `cat` unharmed") {
  // Larger than any pipe buffer (64 KiB): with pipes, writer and reader could wait for each other.
  std::string text;
  for (int i = 0; text.size() < 1'000'000; ++i) {
    text += std::to_string(i);
    text += '\0';
  }
  const ProcessResult result = run_process({"cat"}, text);
  CHECK(result.status == 0);
  CHECK(result.output == text);
  CHECK(result.errors.empty());
}

TEST_CASE("process: one that never reads 1 MB of input does not hurt us") {
  const ProcessResult result = run_process({"true"}, std::string(1'000'000, 'x'));
  CHECK(result.status == 0);
  CHECK(result.output.empty());
}

TEST_CASE("process: output, errors and status are kept apart") {
  const ProcessResult result = run_process({"sh", "-c", "echo out; echo err >&2; exit 3"}, "");
  CHECK(result.status == 3);
  CHECK(result.output == "out\n");
  CHECK(result.errors == "err\n");
}

TEST_CASE("process: a signal counts as 128 and its number, as in shells") {
  constexpr int killed = 128 + 9;
  CHECK(run_process({"sh", "-c", "kill -9 $$"}, "").status == killed);
}

TEST_CASE("process: words are passed as they are, no shell looks at them") {
  CHECK(run_process({"printf", "%s|", "a b", "$HOME", "*", ""}, "").output == "a b|$HOME|*||");
}

TEST_CASE("process: a program that does not exist is a failure") {
  CHECK_THROWS_WITH_AS(static_cast<void>(run_process({"no-such-program"}, "")),
                       "no-such-program: cannot be run: No such file or directory", sim::Failure);
}

TEST_CASE("process: is_installed finds programs in PATH, and neither files nor directories") {
  CHECK(is_installed("sh"));
  CHECK_FALSE(is_installed("no-such-program"));
  CHECK_FALSE(is_installed("."));
  CHECK_FALSE(is_installed(""));
}

}  // namespace cli
