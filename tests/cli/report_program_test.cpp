// espalier report as a user meets it.

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "tests/cli/scratch_directory.hpp"

namespace fs = std::filesystem;
using cli::content_of;
using Json = nlohmann::ordered_json;

namespace {

const std::string program = std::string{BINARY_DIR} + "/cli/espalier";

cli::ProcessResult espalier(std::vector<std::string> words) {
  words.insert(words.begin(), program);
  return cli::run_process(words, "");
}

/// Steps on 2 servers of 4 GPUs, two of which do not fit the batch, and a model of our own.
fs::path training_sweep(const fs::path& directory) {
  std::ofstream{directory / "model.yaml"}
      << "{layers: 4, hidden: 512, heads: 8, vocabulary: 1024, sequence: 512}\n";
  const fs::path file = directory / "steps.yaml";
  std::ofstream{file}
      << "description: small steps\n"
         "base: {model: model.yaml, gpu: a100-sxm-80gb, topology: 'gpu-cluster:2x4',"
         " layout: {global_batch: 16, tensor: 2}}\n"
         "axes: [layout.pipeline: [1, 2], layout.micro_batch: [1, 3]]\n";
  return file;
}

fs::path collective_sweep(const fs::path& directory) {
  const fs::path file = directory / "sizes.yaml";
  std::ofstream{file} << "base: {topology: 'torus:4x4', algorithms: ring, sizes: [1KiB, 1MiB]}\n"
                         "axes: [link: ['16GB/s,150ns', '</script><b>']]\n";
  return file;
}

void sweep(const fs::path& file, const fs::path& directory,
           const std::vector<std::string>& more = {}) {
  std::vector<std::string> words{"sweep", file.string(), "-o", directory.string(), "-j", "2"};
  words.insert(words.end(), more.begin(), more.end());
  const auto result = espalier(words);
  REQUIRE_MESSAGE(result.status == 0, result.errors);
}

/// What the page's own program reads.
Json data_of(const std::string& page) {
  const std::string begin = "<script type=\"application/json\" id=\"data\">";
  const std::size_t from = page.find(begin) + begin.size();
  return Json::parse(page.substr(from, page.find("</script>", from) - from));
}

Json column_of(const Json& data, const std::string& key) {
  for (const Json& column : data["table"]["columns"]) {
    if (column["key"] == key) {
      return column;
    }
  }
  return {};
}

}  // namespace

TEST_CASE("report program: of steps it has results, the network with its load, and a timeline") {
  const cli::ScratchDirectory scratch;
  const fs::path out = scratch.path() / "out";
  sweep(training_sweep(scratch.path()), out);
  const auto result = espalier({"report", out.string()});
  REQUIRE_MESSAGE(result.status == 0, result.errors);
  CHECK(result.output.find("report: " + (out / "report.html").string()) == 0);
  const std::string page = content_of(out / "report.html");
  CHECK(page.size() < 1'500'000);
  const Json data = data_of(page);
  CHECK(data["points"] == 4);
  CHECK(data["point"] == data["best"]);
  CHECK(column_of(data, "axes.layout.pipeline")["values"].size() == 4);
  CHECK(column_of(data, "status")["values"] == Json({"ok", "ok", "invalid", "invalid"}));
  CHECK(data["timeline"]["step_ns"].get<double>() ==
        doctest::Approx(1e9 * column_of(data, "step_s")["values"][0].get<double>()).epsilon(1e-5));
  CHECK(page.find("<p>small steps</p>") != std::string::npos);
  CHECK(page.find("<svg role=\"img\"") != std::string::npos);
  CHECK(page.find("gpu to nvswitch") != std::string::npos);
  CHECK(page.find("provenance: fitted") != std::string::npos);
  CHECK(page.find("espalier sweep " + (scratch.path() / "steps.yaml").string()) !=
        std::string::npos);
}

TEST_CASE("report program: the same results give the same bytes, from wherever it is called") {
  const cli::ScratchDirectory scratch;
  const fs::path out = scratch.path() / "out";
  sweep(training_sweep(scratch.path()), out);
  REQUIRE(espalier({"report", out.string(), "-o", (scratch.path() / "a.html").string()}).status ==
          0);
  // The sweep again, which finds all done, and from another directory.
  sweep(scratch.path() / "steps.yaml", out);
  const fs::path before = fs::current_path();
  fs::current_path(scratch.path());
  const auto result = espalier({"report", "out", "-o", "b.html"});
  fs::current_path(before);
  REQUIRE_MESSAGE(result.status == 0, result.errors);
  CHECK(content_of(scratch.path() / "a.html") == content_of(scratch.path() / "b.html"));
}

TEST_CASE("report program: of collectives, and of a point that is asked for") {
  const cli::ScratchDirectory scratch;
  const fs::path out = scratch.path() / "out";
  sweep(collective_sweep(scratch.path()), out);
  REQUIRE(espalier({"report", out.string()}).status == 0);
  const std::string page = content_of(out / "report.html");
  const Json data = data_of(page);
  CHECK(data["best"] == 1);
  CHECK(data["timeline"].is_null());
  CHECK(column_of(data, "axes.sizes")["unit"] == "KiB");
  CHECK(page.find("<b>") == std::string::npos);
  CHECK(column_of(data, "axes.link")["values"][2] == "</script><b>");
  REQUIRE(espalier({"report", out.string(), "--point", "0"}).status == 0);
  CHECK(data_of(content_of(out / "report.html"))["point"] == 0);
  REQUIRE(espalier({"report", out.string(), "--no-run", "--rows", "2"}).status == 0);
  const Json bare = data_of(content_of(out / "report.html"));
  CHECK(bare["point"].is_null());
  CHECK(bare["table"]["rows"] == 2);
}

TEST_CASE("report program: the command in the page gives the same page, whatever was asked for") {
  const cli::ScratchDirectory scratch;
  const fs::path out = scratch.path() / "out";
  const fs::path file = training_sweep(scratch.path());
  sweep(file, out);
  const std::string sweep_file = file.string();
  const std::string begin = "espalier report " + out.string();
  const auto check = [&](const std::vector<std::string>& options, const std::string& command) {
    std::vector<std::string> words{"report", out.string()};
    words.insert(words.end(), options.begin(), options.end());
    const auto result = espalier(words);
    REQUIRE_MESSAGE(result.status == 0, result.errors);
    const std::string page = content_of(out / "report.html");
    CHECK_MESSAGE(page.find(begin + command + "</pre>") != std::string::npos, command);
  };
  check({}, " --point 0");
  check({"--stages", "1", "--window", "1us..2ms", "--rows", "3", "--sweep", sweep_file},
        " --rows 3 --sweep " + sweep_file + " --stages 1 --point 0 --window 1us..2ms");
  check({"--point", "2", "--rows", "1", "--no-run"}, " --rows 1 --point 2 --no-run");
}

TEST_CASE("report program: where batches differ, the fastest is the one with the shortest step") {
  const cli::ScratchDirectory scratch;
  const fs::path out = scratch.path() / "out";
  std::string text = content_of(training_sweep(scratch.path()));
  text.replace(text.find("axes:"), std::string::npos, "axes: [layout.global_batch: [16, 32]]\n");
  std::ofstream{scratch.path() / "batches.yaml"} << text;
  sweep(scratch.path() / "batches.yaml", out);
  const auto result = espalier({"report", out.string()});
  REQUIRE_MESSAGE(result.status == 0, result.errors);
  const std::string page = content_of(out / "report.html");
  CHECK(page.find("<strong>Shortest step: point 0</strong>") != std::string::npos);
  CHECK(page.find("<caption>The shortest step first; ") != std::string::npos);
  CHECK(page.find("Best: ") == std::string::npos);
}

TEST_CASE("report program: shards that were merged have a report, and what was set is in it") {
  const cli::ScratchDirectory scratch;
  const fs::path file = collective_sweep(scratch.path());
  const fs::path out = scratch.path() / "all";
  std::vector<std::string> merge{"sweep", "merge", file.string()};
  for (const std::string shard : {"1", "2"}) {
    const fs::path part = scratch.path() / ("shard-" + shard);
    sweep(file, part, {"--set", "set.seed=7", "--shard", shard + "/2"});
    CHECK(!fs::exists(part / "results.jsonl"));
    merge.push_back(part.string());
  }
  merge.insert(merge.end(), {"-o", out.string(), "--set", "set.seed=7"});
  REQUIRE(espalier(merge).status == 0);
  CHECK(content_of(out / "sweep.yaml") == content_of(file));
  const auto result = espalier({"report", out.string()});
  REQUIRE_MESSAGE(result.status == 0, result.errors);
  CHECK(content_of(out / "report.html").find("--set set.seed=7 -o ") != std::string::npos);
}

TEST_CASE("report program: what a point reads has changed, or results are of another sweep") {
  const cli::ScratchDirectory scratch;
  const fs::path out = scratch.path() / "out";
  const fs::path file = training_sweep(scratch.path());
  sweep(file, out);
  std::ofstream{scratch.path() / "model.yaml"}
      << "{layers: 8, hidden: 512, heads: 8, vocabulary: 1024, sequence: 512}\n";
  const auto changed = espalier({"report", out.string()});
  CHECK(changed.status == 1);
  CHECK(changed.errors.find("has changed since the sweep; run the sweep again") !=
        std::string::npos);
  CHECK(espalier({"report", out.string(), "--no-run"}).status == 0);
  const auto other =
      espalier({"report", out.string(), "--sweep", collective_sweep(scratch.path()).string()});
  CHECK(other.status == 1);
  CHECK(other.errors.find("results are not those of the sweep's file") != std::string::npos);
}

TEST_CASE("report program: bad input exits with 2, and says what to do") {
  const cli::ScratchDirectory scratch;
  const fs::path out = scratch.path() / "out";
  const fs::path file = collective_sweep(scratch.path());
  sweep(file, out);
  const auto refused = [&](const std::vector<std::string>& more, const std::string& why) {
    std::vector<std::string> words{"report"};
    words.insert(words.end(), more.begin(), more.end());
    const auto result = espalier(words);
    CHECK(result.status == 2);
    CHECK_MESSAGE(result.errors.find(why) != std::string::npos, result.errors);
  };
  refused({}, "missing directory");
  refused({out.string(), "--point", "4"}, "--point");
  refused({out.string(), "--point", "2"}, "point 2 has nothing to show: it is 'invalid'");
  refused({out.string(), "--window", "3ms"}, "expected FROM..TO, got '3ms'");
  refused({out.string(), "--window", "3ms..2ms"}, "ends before it begins");
  refused({out.string(), "--window", "3ms..2ms", "--no-run"}, "ends before it begins");
  refused({out.string(), "--stages", "0", "--no-run"}, "--stages");
  refused({out.string(), "--window", "3s..61min"}, "expected at most an hour, got '61min'");
  refused({out.string(), "--window", "3s..4"}, "expected a time, got '4'");
  CHECK(espalier({"report", out.string(), "--window", "12s..13s", "--no-run"}).status == 0);
  refused({scratch.path().string()}, "has no sweep.yaml, which 'espalier sweep' keeps");
  fs::remove(out / "sweep.json");
  refused({out.string()}, "hint: --sweep SWEEP.yaml names it");
  CHECK(espalier({"report", out.string(), "--sweep", file.string()}).status == 0);
  std::ofstream{out / "sweep.json"} << "{}";
  refused({out.string()}, "sweep.json: error: is not what a sweep keeps");
  std::ofstream{out / "results.jsonl"} << "{}\n";
  refused({out.string(), "--sweep", file.string()}, "results.jsonl:1: error: is no result");
}
