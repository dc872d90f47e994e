// `espalier plot` as a user meets it: files in, pictures out, and what is said on the way.

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "cli/process.hpp"
#include "tests/cli/chart_sample.hpp"
#include "tests/cli/scratch_directory.hpp"

namespace fs = std::filesystem;
using cli::content_of;
using cli_test::point;

namespace {

/// In a directory of its own, with files to plot.
class Plotting {
 public:
  Plotting() {
    write("sweep.jsonl", sweep_lines());
    write("run.json",
          R"({"results": [{"algorithm": "ring", "bytes": 1024, "time_s": 1e-6, "busbw_Bps": 1e9},)"
          R"( {"algorithm": "ring", "bytes": 4096, "time_s": 2e-6, "busbw_Bps": 2e9}]})");
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream{path(name), std::ios::binary} << text;
  }
  [[nodiscard]] fs::path path(const std::string& name) const { return scratch_.path() / name; }
  [[nodiscard]] std::ptrdiff_t entries() const { return scratch_.entries(); }

  /// Runs `espalier plot` in the directory. Messages come without its name.
  [[nodiscard]] cli::ProcessResult plot(const std::vector<std::string>& words) const {
    std::vector<std::string> command{"env", "-C", scratch_.path().string(),
                                     std::string{BINARY_DIR} + "/cli/espalier", "plot"};
    command.insert(command.end(), words.begin(), words.end());
    return cli::run_process(command, "");
  }

 private:
  /// Four layouts of a training step on two numbers of GPUs, and one that cannot be.
  static std::string sweep_lines() {
    std::string lines;
    for (const int tensor : {1, 2}) {
      for (const int gpus : {8, 16}) {
        const std::string axes =
            fmt::format(R"("layout.tensor":{},"topology.shape":"{}x8")", tensor, gpus / 8);
        const std::string result = fmt::format(
            R"("gpus":{0},"memory_B":{1},"fits":{2},"step_s":{3},"tokens_per_s":{4},"mfu":0.4,)"
            R"("compute_s":{3},"idle_s":0)",
            gpus, 8e10 / tensor, tensor > 1, 0.25 * tensor, 1000 * gpus / tensor);
        lines += point(axes, result);
      }
    }
    return lines + point(R"("layout.tensor":3,"topology.shape":"1x8")",
                         R"("message":"8 GPUs cannot be divided by 3")", "invalid");
  }

  cli::ScratchDirectory scratch_;
};

bool starts_as(const std::string& picture, const std::string& format) {
  if (format == "svg") {
    return picture.starts_with("<?xml") && picture.find("</svg>") != std::string::npos;
  }
  return picture.starts_with(format == "png" ? "\x89PNG\r\n" : "%PDF-");
}

}  // namespace

TEST_CASE("plot program: each kind in each format, the same bytes each time, and nothing else") {
  const Plotting here;
  const std::ptrdiff_t before = here.entries();
  std::ptrdiff_t drawn = 0;
  for (const std::string kind :
       {"line", "scaling", "busbw", "breakdown", "heatmap", "pareto", "tornado"}) {
    const std::string results = kind == "busbw" ? "run.json" : "sweep.jsonl";
    for (const std::string format : {"svg", "png", "pdf"}) {
      CAPTURE(kind);
      CAPTURE(format);
      const std::string file = fmt::format("{}.{}", kind, format);
      const auto result = here.plot({results, "--kind", kind, "-o", file});
      CHECK(result.status == 0);
      CHECK(result.output == fmt::format("picture: {}\n", file));
      const std::string picture = content_of(here.path(file));
      CHECK(starts_as(picture, format));
      CHECK(here.plot({results, "--kind", kind, "-o", file}).status == 0);
      CHECK(content_of(here.path(file)) == picture);
      CHECK(here.entries() == before + ++drawn);
    }
  }
}

TEST_CASE("plot program: a PDF does not say when it was drawn") {
  const Plotting here;
  REQUIRE(here.plot({"sweep.jsonl", "-o", "a.pdf"}).status == 0);
  CHECK(content_of(here.path("a.pdf")).find("/CreationDate") == std::string::npos);
}

TEST_CASE("plot program: without a name a picture stands beside the results") {
  const Plotting here;
  fs::create_directory(here.path("out"));
  fs::rename(here.path("sweep.jsonl"), here.path("out/results.jsonl"));
  const auto result = here.plot({"out/results.jsonl", "--kind", "pareto"});
  CHECK(result.status == 0);
  CHECK(result.output == "picture: out/pareto.svg\n");
  CHECK(starts_as(content_of(here.path("out/pareto.svg")), "svg"));
}

TEST_CASE("plot program: what is left out is counted on stderr") {
  const Plotting here;
  const auto result = here.plot({"sweep.jsonl", "-o", "a.gp", "--kind", "tornado", "--where",
                                 "layout.tensor=2", "--where", "topology.shape=2x8"});
  CHECK(result.status == 0);
  CHECK(result.errors ==
        "espalier: 1 of 5 rows have no result and are left out: 1 invalid\n"
        "espalier: rows that do not fit into memory, left out: 2\n");
}

TEST_CASE("plot program: hostile names are only text, in every format") {
  const Plotting here;
  const std::string name = "it's \\\"_{x}^2\\\" `touch bad` $y @z %d \\\\ \\u00fc";
  here.write("bad.jsonl", point(fmt::format(R"("a'b{{}}":"{}")", name), R"("step_s":1)") +
                              point(R"("a'b{}":"`touch bad`')\n!touch bad")", R"("step_s":2)"));
  for (const std::string format : {"svg", "png", "pdf"}) {
    const std::string file = "bad." + format;
    const auto result = here.plot({"bad.jsonl", "--title", "'''; !touch bad ''", "-o", file});
    CHECK(result.status == 0);
    CHECK(starts_as(content_of(here.path(file)), format));
  }
  CHECK_FALSE(fs::exists(here.path("bad")));
  // Bytes that are no UTF-8 would make an SVG that nobody can read.
  here.write("bytes.csv", "point,a,scenario,status,step_s\n0,\xFF,s,ok,1\n1,b,s,ok,2\n");
  CHECK(here.plot({"bytes.csv", "-o", "bytes.svg"}).status == 0);
  CHECK(content_of(here.path("bytes.svg")).find('\xFF') == std::string::npos);
}

TEST_CASE("plot program: bad input exits with 2, says why, and writes nothing") {
  const Plotting here;
  here.write("cut.jsonl", point(R"("a":1)", R"("step_s":1)") + "{\"point\":");
  here.write("other.csv", "x,y\n1,2\n");
  const std::ptrdiff_t before = here.entries();
  const auto refused = [&](const std::vector<std::string>& words, const std::string& why) {
    const auto result = here.plot(words);
    CAPTURE(result.errors);
    CHECK(result.status == 2);
    CHECK(result.errors.starts_with(why));
    CHECK(here.entries() == before);
  };
  refused({}, "espalier plot: error: missing results\n  usage: espalier plot RESULTS");
  refused({"sweep.jsonl", "--kind", "pie"}, "--kind:1:1: error: unknown kind of chart 'pie'");
  refused({"sweep.jsonl", "--kind", "paretto"},
          "--kind:1:1: error: unknown kind of chart 'paretto'\n    1 | paretto\n      | ^\n"
          "  hint: did you mean 'pareto'?");
  refused({"sweep.jsonl", "--log", "z"}, "--log:1:1: error: unknown choice of axes 'z'");
  refused({"sweep.jsonl", "--where", "tensor"}, "--where: error: expected KEY=VALUE, got 'tensor'");
  refused({"sweep.jsonl", "--x", "layout.tensr"},
          "--x: error: no row has 'layout.tensr'\n  hint: did you mean 'layout.tensor'?");
  refused({"sweep.jsonl", "-o", "a.jpeg"},
          "--output: error: 'a.jpeg' is no picture: expected .svg, .png, .pdf, .gp");
  refused({"sweep.jsonl", "-o", "nowhere/a.svg"},
          "--output: error: 'nowhere/a.svg' lies in a directory that is not there");
  refused({"cut.jsonl"}, "cut.jsonl:2: error: not JSON: ");
  refused({"other.csv"}, "other.csv:1:1: error: expected a table of results");
  refused({"nowhere.csv"}, "nowhere.csv: error: cannot be opened");
  refused({"sweep.jsonl", "--xx", "a"}, "espalier plot: error: unknown option '--xx'");
  here.write("results.svg", "algorithm,bytes,time_s,scenario_hash\nring,1,1,s\n");
  CHECK(here.plot({"results.svg", "-o", "results.svg"}).status == 2);
  CHECK(content_of(here.path("results.svg")).starts_with("algorithm"));
}

TEST_CASE("plot program: a sweep's lines and its table give the same picture; files are joined") {
  const cli::ScratchDirectory scratch;
  const fs::path sweep = scratch.path() / "sweep.yaml";
  std::ofstream{sweep} << "base: {topology: 'torus:2x2', algorithms: [ring, multitree],\n"
                          "  sizes: 1KiB..16KiB}\n"
                          "axes: [seed: [1, 2]]\n";
  const std::string program = std::string{BINARY_DIR} + "/cli/espalier";
  const std::string out = (scratch.path() / "out").string();
  REQUIRE(cli::run_process({program, "sweep", sweep.string(), "-o", out}, "").status == 0);
  // The file's name stands below the title, and nowhere else.
  const auto script_of = [&](std::vector<std::string> words) {
    const std::string file = (scratch.path() / "a.gp").string();
    words.insert(words.begin(), {program, "plot"});
    words.insert(words.end(), {"--kind", "busbw", "-o", file});
    const auto result = cli::run_process(words, "");
    CAPTURE(result.errors);
    CHECK(result.status == 0);
    std::string script = content_of(file);
    const std::size_t start = script.find("set label 102");
    return script.erase(start, script.find('\n', start) - start);
  };
  const std::string lines = script_of({out + "/results.jsonl"});
  CHECK(lines.find("set xtics ('1 KiB' 1024, '2 KiB' 2048") != std::string::npos);
  CHECK(lines.find("title 'multitree'") != std::string::npos);
  CHECK(lines == script_of({out + "/results.csv"}));
  const std::string both =
      script_of({out + "/results.csv", out + "/results.jsonl", "--where", "algorithms=ring"});
  CHECK(both.find("title 'results.csv'") != std::string::npos);
  CHECK(both.find("title 'results.jsonl'") != std::string::npos);
}

TEST_CASE("plot program: it explains itself") {
  const Plotting here;
  const auto help = here.plot({"--help"});
  CHECK(help.status == 0);
  CHECK(help.output.find("examples:\n  espalier plot ") != std::string::npos);
}
