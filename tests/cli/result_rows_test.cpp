#include "cli/result_rows.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "cli/result_files.hpp"
#include "sim/error.hpp"
#include "tests/cli/mutated.hpp"
#include "tests/topology/support.hpp"

using cli::ResultFile;
using cli::ResultRows;
using topology_test::error_of;

namespace {

ResultRows read(const std::string& text) {
  const std::vector<ResultFile> files{{"r", text}};
  return cli::read_result_files(files);
}

std::string error_in(const std::string& text) {
  return error_of([&] { return read(text); });
}

/// What all rows say: "key=value key=value; ...", without what is in no row.
std::string all_of(const ResultRows& rows) {
  std::string out;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    out += row == 0 ? "" : ";";
    for (const std::string& key : rows.keys()) {
      const std::string text = cli::text_of(rows.at(row, key));
      out += text.empty() ? "" : " " + key + "=" + text;
    }
  }
  return out;
}

using Texts = std::vector<std::string>;

const std::string sweep_lines =
    R"({"point":0,"axes":{"layout.tensor":1,"link":"16GB/s,150ns","seed":3},"scenario":"8e1",)"
    R"("version":"0.1.0","status":"ok","seed":3,"fits":true,"step_s":0.5})"
    "\n"
    R"({"point":1,"axes":{"layout.tensor":2,"link":"8GB/s,1us","seed":3},"scenario":"12",)"
    R"("version":"0.1.0","status":"invalid","message":"no, \"not\" so"})"
    "\n";
const std::string sweep_table =
    "point,layout.tensor,link,seed,scenario,version,status,fits,step_s,message\n"
    "0,1,\"16GB/s,150ns\",3,8e1,0.1.0,ok,true,0.5,\n"
    "1,2,\"8GB/s,1us\",3,12,0.1.0,invalid,,,\"no, \"\"not\"\" so\"\n";
const std::string run_document =
    "{\n"
    " \"schema_version\": 1,\n"
    " \"scenario_hash\": \"12\",\n"
    " \"profile\": {\"name\": \"none\"},\n"
    " \"collective\": \"all-reduce\",\n"
    " \"ranks\": 16,\n"
    " \"results\": [\n"
    "  {\"algorithm\": \"ring\", \"bytes\": 1024, \"time_s\": 4e-6, \"links\": []},\n"
    "  {\"algorithm\": \"multitree\", \"bytes\": 1024, \"time_s\": 1e-6}\n"
    " ]\n"
    "}\n";
const std::string run_table =
    "algorithm,bytes,time_s,collective,ranks,scenario_hash\n"
    "ring,1024,4e-06,all-reduce,16,12\n"
    "multitree,1024,1e-06,all-reduce,16,12\n";
const std::string step_document =
    "{\n"
    " \"scenario\": \"s\",\n"
    " \"gpus\": 8,\n"
    " \"layout\": {\"TP\": 4, \"PP\": 2},\n"
    " \"step_s\": 2,\n"
    " \"fits\": true,\n"
    " \"stages\": [\n"
    "  {\"seconds\": {\"compute\": 1.5, \"idle\": 0.5}, \"weights_B\": 1, \"memory_B\": 10},\n"
    "  {\"seconds\": {\"compute\": 1, \"idle\": 1}, \"weights_B\": 2, \"memory_B\": 7}\n"
    " ]\n"
    "}\n";

}  // namespace

TEST_CASE("result rows: a word is what it looks like") {
  CHECK(cli::value_of("").index() == 0);
  CHECK(cli::value_of("true") == cli::ResultValue{true});
  CHECK(cli::value_of("-1.5e3") == cli::ResultValue{-1500.0});
  CHECK(cli::value_of("nan") == cli::ResultValue{std::string{"nan"}});
  CHECK(cli::value_of("1 MiB") == cli::ResultValue{std::string{"1 MiB"}});
  CHECK(cli::text_of(8.0) == "8");
  CHECK(cli::text_of(0.25) == "0.25");
  CHECK(cli::text_of(false) == "false");
}

TEST_CASE("result rows: of a key given twice the first counts, and rows need not have the same") {
  ResultRows rows;
  const Texts axes{"a"};
  rows.add({"r:1", {{"a", 1.0}, {"a", 2.0}}}, axes);
  rows.add({"r:2", {{"b", std::string{"x"}}, {"a", {}}}}, {});
  CHECK(all_of(rows) == " a=1; b=x");
  CHECK(rows.axes() == axes);
  CHECK(rows.at(0, "c").index() == 0);
  const ResultRows last = rows.only({false, true});
  CHECK(all_of(last) == " b=x");
  CHECK(last.place(0) == "r:2");
  CHECK(error_of([&] {
          rows.expect_key("--x", "bb");
          return 0;
        }) == "--x: error: no row has 'bb'\n  hint: did you mean 'b'?");
}

TEST_CASE("result files: a sweep's lines and its table are the same rows") {
  const ResultRows lines = read(sweep_lines);
  CHECK(all_of(lines) ==
        " layout.tensor=1 link=16GB/s,150ns seed=3 point=0 scenario=8e1 version=0.1.0 status=ok"
        " fits=true step_s=0.5;"
        " layout.tensor=2 link=8GB/s,1us seed=3 point=1 scenario=12 version=0.1.0 status=invalid"
        " message=no, \"not\" so");
  CHECK(lines.axes() == Texts{"layout.tensor", "link", "seed"});
  CHECK(lines.place(1) == "r:2");
  CHECK(lines.at(0, "layout.tensor") == cli::ResultValue{1.0});
  // A hash is text, whatever it looks like.
  CHECK(lines.at(1, "scenario") == cli::ResultValue{std::string{"12"}});
  const ResultRows table = read(sweep_table);
  CHECK(table.axes() == lines.axes());
  CHECK(table.place(1) == "r:3");
  REQUIRE(table.size() == lines.size());
  for (const std::string& key : lines.keys()) {
    CHECK(table.at(0, key) == lines.at(0, key));
    CHECK(table.at(1, key) == lines.at(1, key));
  }
}

TEST_CASE("result files: a run of collectives has a row for each algorithm and size") {
  for (const std::string& text : {run_document, run_table}) {
    const ResultRows rows = read(text);
    REQUIRE(rows.size() == 2);
    CHECK(rows.axes() == Texts{"algorithm", "bytes"});
    CHECK(cli::text_of(rows.at(1, "algorithm")) == "multitree");
    CHECK(rows.at(1, "time_s") == cli::ResultValue{1e-6});
    CHECK(rows.at(0, "ranks") == cli::ResultValue{16.0});
    CHECK(rows.at(0, "scenario_hash") == cli::ResultValue{std::string{"12"}});
    CHECK_FALSE(rows.has("links"));
  }
}

TEST_CASE("result files: a training step alone is its stages, among others the mean of them") {
  const ResultRows stages = read(step_document);
  REQUIRE(stages.size() == 2);
  CHECK(stages.axes() == Texts{"stage"});
  CHECK(stages.at(1, "stage") == cli::ResultValue{1.0});
  CHECK(stages.at(1, "compute_s") == cli::ResultValue{1.0});
  CHECK(stages.at(1, "memory_B") == cli::ResultValue{7.0});
  CHECK(stages.at(1, "TP") == cli::ResultValue{4.0});
  CHECK(stages.at(1, "step_s") == cli::ResultValue{2.0});

  const std::vector<ResultFile> files{{"out/a/step.json", step_document},
                                      {"out/b/step.json", step_document}};
  const ResultRows steps = cli::read_result_files(files);
  REQUIRE(steps.size() == 2);
  CHECK(steps.axes() == Texts{"file"});
  CHECK(cli::text_of(steps.at(0, "file")) == "a");
  CHECK(cli::text_of(steps.at(1, "file")) == "b");
  // (1.5 + 1) / 2, (0.5 + 1) / 2, and the fullest stage's.
  CHECK(steps.at(0, "compute_s") == cli::ResultValue{1.25});
  CHECK(steps.at(0, "idle_s") == cli::ResultValue{0.75});
  CHECK(steps.at(0, "memory_B") == cli::ResultValue{10.0});
  CHECK(steps.at(0, "weights_B") == cli::ResultValue{2.0});
  CHECK_FALSE(steps.has("stage"));
}

TEST_CASE("result files: documents may stand one a line") {
  const auto line_of = [](std::string text) {
    std::erase(text, '\n');
    return text + "\n";
  };
  const ResultRows rows = read(line_of(step_document) + "\n" + line_of(step_document));
  CHECK(rows.size() == 2);
  CHECK(rows.place(1) == "r:3");
}

TEST_CASE("result files: several files are told apart by what their names differ in") {
  const auto names = [](const std::vector<std::string>& files) {
    std::vector<ResultFile> all;
    for (const std::string& file : files) {
      all.push_back({file, run_table});
    }
    const ResultRows rows = cli::read_result_files(all);
    Texts out;
    for (std::size_t row = 0; row < rows.size(); row += 2) {
      out.push_back(cli::text_of(rows.at(row, "file")));
    }
    return out;
  };
  CHECK(names({"out/a/r.csv", "out/b/r.csv"}) == Texts{"a", "b"});
  CHECK(names({"r.csv", "s.csv"}) == Texts{"r.csv", "s.csv"});
  CHECK(names({"a/x/r.csv", "a/r.csv"}) == Texts{"x", "a/r.csv"});
  CHECK(error_of([&] { return names({"a/r.csv", "a/./r.csv"}); }) ==
        "a/./r.csv: error: is given twice");
}

TEST_CASE("result files: what is not as it is written says where") {
  CHECK(error_in("") == "r:1:1: error: the table is empty");
  CHECK(error_in("a,b\n1,2\n") ==
        "r:1:1: error: expected a table of results: that of a sweep begins with the column "
        "'point', that of a run of collectives with 'algorithm'");
  CHECK(error_in("point,scenario,statsu\n0,s,ok\n") ==
        "r:1:1: error: missing column 'status'\n  hint: did you mean 'statsu'?");
  CHECK(error_in("algorithm,bytes,time_s\nring,1,1\n").find("missing column 'scenario_hash'") !=
        std::string::npos);
  CHECK(error_in("point,scenario,status\n") == "r: error: has no rows");
  CHECK(error_in("point,scenario,status\n0,s\n") ==
        "r:2:1: error: expected 3 fields as in the header, found 2");
  CHECK(error_in("{}\n") ==
        "r:1:1: error: expected a result: a point of a sweep has 'axes', a run of collectives "
        "'results', a training step 'stages'");
  CHECK(error_in(R"({"results": []})") == "r: error: has no rows");
  CHECK(error_in("{\"results\": [\n {\"algorithm\": 7}]}") ==
        "r:2:16: error: results[0].algorithm: expected text, got 7");
  CHECK(error_in("{\"results\": [{\"algorithm\": \"ring\",\n \"bytes\": \"1\"}]}") ==
        "r:2:11: error: results[0].bytes: expected a number, got \"1\"");
  CHECK(error_in("{\"stages\": [],\n\"step_s\": 1, \"layout\": {}}") ==
        "r:1:12: error: stages: expected at least one stage");
  CHECK(error_in("{\"stages\": [{\"seconds\": {\"a\": []}}], \"step_s\": 1, \"layout\": {}}")
            .find("stages[0].seconds.a: expected a number") != std::string::npos);
}

TEST_CASE("result files: a mistake in the third line of a sweep is found there") {
  CHECK(error_in(sweep_lines + R"({"point":2,"axes":{"a":[1]},"status":"ok"})" + "\n") ==
        "r:3:24: error: axes.a: expected a single value");
  CHECK(error_in(sweep_lines + R"({"point":2,"axes":[],"status":"ok"})")
            .starts_with("r:3:19: error: axes: expected an object"));
  CHECK(error_in(sweep_lines + R"({"point":2,"axes":{}})")
            .starts_with("r:3:1: error: missing key 'status'"));
  CHECK(error_in(sweep_lines + "{\"point\":")
            .starts_with("r:3: error: not JSON: line 1, column 10: syntax error"));
  CHECK(error_in(sweep_lines + R"({"point":2,"point":2})") ==
        "r:3: error: the key 'point' is given twice");
}

TEST_CASE("result files: whatever a file holds, it is rows or an error") {
  std::mt19937 random{17};
  std::size_t read_some = 0;
  for (const std::string& text :
       {sweep_lines, sweep_table, run_document, run_table, step_document}) {
    for (int i = 0; i < 2000; ++i) {
      const std::string other = cli_test::mutated(text, random);
      try {
        read_some += read(other).size() > 0 ? 1U : 0U;
      } catch (const sim::Error&) {
        continue;
      }
    }
  }
  CHECK(read_some > 800);
  CHECK(read_some < 9000);
}
