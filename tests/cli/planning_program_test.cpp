// Plans, runs of months, and bills, as a user meets them.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "sim/text_list.hpp"
#include "tests/cli/scratch_directory.hpp"

namespace fs = std::filesystem;

namespace {

cli::ProcessResult espalier(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), std::string{BINARY_DIR} + "/cli/espalier");
  return cli::run_process(arguments, "");
}

const std::string cluster =
    "model: {layers: 8, hidden: 2048, heads: 16, vocabulary: 51200, sequence: 1024}\n"
    "gpu: a100-sxm-80gb\n"
    "topology: gpu-cluster:2x8,nvlink=300GB/s,500ns,nic=200Gbps,500ns\n";
const std::string step = cluster + "layout: {tensor: 8, micro_batch: 1, global_batch: 32}\n";
const std::string run =
    "run:\n"
    "  steps: 100K\n"
    "  start: 2027-01-01\n"
    "  by: 2027-01-03\n"
    "  checkpoint: {interval: 10 min, size: 100 GB, write: 10 GB/s}\n"
    "  mtbf: {gpu: 400 h}\n"
    "  detection: 1 min\n"
    "  restart: 4 min\n"
    "  spares: 2\n"
    "  repair: 1 h\n";
const std::string prices =
    "prices: {gpu_hour_usd: 2, gpu_idle_w: 100, gpu_busy_w: 400, pue: 1.5}\n";

/// A scenario in a file, and the program on it.
class Scenario {
 public:
  explicit Scenario(const std::string& text) { std::ofstream{file_} << text; }

  [[nodiscard]] cli::ProcessResult with(const std::string& command,
                                        std::vector<std::string> options = {}) const {
    options.insert(options.begin(), {command, file_.string()});
    return espalier(options);
  }

 private:
  cli::ScratchDirectory scratch_;
  fs::path file_ = scratch_.path() / "scenario.yaml";
};

}  // namespace

TEST_CASE("program: a plan finds what can be run, and says why") {
  const Scenario plan{cluster + "layout: {global_batch: 32}\nsearch: {micro_batch: [1, 2]}\n"};
  const auto table = plan.with("plan", {"-n", "3"});
  REQUIRE(table.status == 0);
  for (const std::string_view line : sim::split(table.output, '\n')) {
    CHECK(line.size() <= 80);
  }
  CHECK(table.output.find("Where the others lose time") != std::string::npos);
  const auto json = nlohmann::json::parse(plan.with("plan", {"-n", "3", "--json"}).output);
  const auto& found = json["found"];
  REQUIRE(found.size() >= 3);
  for (std::size_t i = 1; i < found.size(); ++i) {
    CHECK(found[i]["step_s"].get<double>() >= found[i - 1]["step_s"].get<double>());
  }
  // Its keys, with the cluster's, are a scenario of that step.
  const std::string keys = table.output.substr(table.output.rfind("layout: {"));
  const Scenario best{cluster + keys};
  const auto step_json = nlohmann::json::parse(best.with("run", {"--json"}).output);
  CHECK(step_json["step_s"] == found[0]["step_s"]);
  CHECK(step_json["fits"] == true);
}

TEST_CASE("program: a plan by cost and by energy needs prices, and ranks by them") {
  const std::string open = cluster + "layout: {global_batch: 32}\nsearch: {micro_batch: [1]}\n";
  const auto without = Scenario{open + "rank: cost\n"}.with("plan");
  CHECK(without.status == 2);
  CHECK(without.errors.find("'cost' needs prices") != std::string::npos);
  const auto by_energy = nlohmann::json::parse(
      Scenario{open + prices + "rank: energy\n"}.with("plan", {"--json"}).output);
  const auto& found = by_energy["found"];
  for (std::size_t i = 1; i < found.size(); ++i) {
    CHECK(found[i]["step_kWh"].get<double>() >= found[i - 1]["step_kWh"].get<double>());
  }
}

TEST_CASE("program: a plan for clusters of several sizes shows what each costs") {
  const std::string open = cluster + "layout: {global_batch: 32}\n" + prices + "rank: cost\n";
  const Scenario sizes{open + "search: {micro_batch: [1], shape: [1x8, 2x8, 4x8]}\n"};
  const auto table = sizes.with("plan", {"-n", "2"});
  REQUIRE(table.status == 0);
  CHECK(table.output.find("on 8, 16, 32 GPUs:") != std::string::npos);
  CHECK(table.output.find("The best of each cluster:") != std::string::npos);
  CHECK(table.output.find("Time against cost") != std::string::npos);
  const auto json = nlohmann::json::parse(sizes.with("plan", {"-n", "2", "--json"}).output);
  REQUIRE(json["clusters"].size() == 3);
  // Each size alone finds the same best one.
  for (const auto& [shape, gpus] :
       {std::pair{"1x8", 8}, std::pair{"2x8", 16}, std::pair{"4x8", 32}}) {
    const Scenario one{open + "search: {micro_batch: [1]}\n"};
    const auto alone = nlohmann::json::parse(
        one.with("plan", {"-n", "2", "--json", "--set", std::string{"topology.shape="} + shape})
            .output);
    const auto& found = json["found"];
    const auto first = std::find_if(found.begin(), found.end(),
                                    [&, n = gpus](const auto& each) { return each["gpus"] == n; });
    REQUIRE(first != found.end());
    CHECK((*first)["step_usd"] == alone["found"][0]["step_usd"]);
  }
  // From the fastest to the cheapest.
  const auto& front = json["time_and_cost_front"];
  REQUIRE(front.size() >= 2);
  for (std::size_t i = 1; i < front.size(); ++i) {
    const auto& before = json["found"][front[i - 1].get<std::size_t>()];
    const auto& after = json["found"][front[i].get<std::size_t>()];
    CHECK(after["step_s"].get<double>() > before["step_s"].get<double>());
    CHECK(after["step_usd"].get<double>() < before["step_usd"].get<double>());
  }
  const auto twice = Scenario{open + "search: {shape: [1x8, 1x8]}\n"}.with("plan");
  CHECK(twice.status == 2);
  CHECK(twice.errors.find("'1x8' is there already") != std::string::npos);
}

TEST_CASE("program: plans that cannot be") {
  const auto none =
      Scenario{cluster + "layout: {global_batch: 32}\nsearch: {tensor: [3]}\n"}.with("plan");
  CHECK(none.status == 2);
  CHECK(none.errors.find("no layout goes with 16 GPUs, a batch of 32 and this model:\n"
                         "  16 GPUs cannot be divided by TP x CP x PP ") != std::string::npos);
  const auto large =
      Scenario{cluster + "layout: {global_batch: 32}\n"}.with("plan", {"--set", "model=gpt3-175b"});
  CHECK(large.status == 0);
  CHECK(large.output.find("NONE FITS: the leanest needs") != std::string::npos);
  const auto refused = [](const std::string& text, const std::string& why) {
    const auto result = Scenario{cluster + text}.with("plan");
    CHECK(result.status == 2);
    CHECK_MESSAGE(result.errors.find(why) != std::string::npos, result.errors);
  };
  refused("layout: {global_batch: 32, tensor: 8}\n", "'tensor' is what a plan looks for");
  refused("layout: {global_batch: 32}\nschedule: gpipe\n", "'schedule' is what a plan looks for");
  refused("layout: {global_batch: 32}\nsearch: {tensr: [8]}\n", "did you mean 'tensor'?");
  for (const char* const key : {"stragglers: {0: 2}", "stage_gpus: [h100-sxm-80gb]", "run: {}"}) {
    refused(std::string{"layout: {global_batch: 32}\n"} + key + "\n",
            "a plan takes no account of '");
  }
  refused("layout: {global_batch: 32}\nprices: {gpu_hour_usd: 2}\nrank: energy\n",
          "the prices say nothing of the energy of this cluster");
  refused("layout: {global_batch: 32}\nprices: {}\nrank: cost\n",
          "the prices say nothing of the cost of this cluster");
  refused("layout: {global_batch: 32}\nsearch: {tensor: []}\n", "expected at least one value");
  refused("layout: {global_batch: 32}\nsearch: {schedule: [interleaved]}\n",
          "interleaved is what several chunks are");
}

TEST_CASE("program: a run of many steps, with failures, dates and a bill") {
  const Scenario scenario{step + run + prices};
  const auto text = scenario.with("run");
  REQUIRE(text.status == 0);
  for (const std::string_view line : sim::split(text.output, '\n')) {
    CHECK(line.size() <= 80);
  }
  for (const char* const part : {"run          100000 steps, 200 replications", "by 2027-01-03",
                                 "goodput", "of 16 GPUs", "the run"}) {
    CAPTURE(part);
    CHECK(text.output.find(part) != std::string::npos);
  }
  const auto json = nlohmann::json::parse(scenario.with("run", {"--json"}).output);
  const double seconds = json["step_s"].get<double>() * 100'000;
  const auto& spent = json["run"]["spent_s"];
  CHECK(spent["useful"]["mean"].get<double>() == doctest::Approx(seconds));
  // One failure in 400 h / 16 = 25 h.
  const double days = json["run"]["duration_s"]["mean"].get<double>() / 86400;
  CHECK(json["run"]["failures"]["GPUs"]["mean"].get<double>() ==
        doctest::Approx(days * 24 / 25).epsilon(0.3));
  // 16 GPUs and two spare servers of 8, at 2 USD an hour.
  CHECK(json["run_bill"]["usd"].get<double>() == doctest::Approx(32 * 2 * days * 24));
  CHECK(json["step_bill"]["usd"].get<double>() ==
        doctest::Approx(16 * 2 * json["step_s"].get<double>() / 3600));
  CHECK(scenario.with("run").output == text.output);
}

TEST_CASE("program: what has failed was paid for, and so are spares") {
  const auto dollars = [](const std::string& more) {
    const auto result = Scenario{step + prices + run + more}.with("run", {"--json"});
    REQUIRE_MESSAGE(result.status == 0, result.errors);
    const auto json = nlohmann::json::parse(result.output);
    // Of an hour.
    return std::pair{json["step_bill"]["usd"].get<double>() / json["step_s"].get<double>() * 3600,
                     json["run_bill"]["usd"].get<double>() /
                         json["run"]["duration_s"]["mean"].get<double>() * 3600};
  };
  const auto [of_step, of_run] = dollars("");
  CHECK(of_step == doctest::Approx(16 * 2));
  CHECK(of_run == doctest::Approx((16 + 16) * 2));
  const auto [of_broken, unused] = dollars("changes: [{slow: node0.nic0, bandwidth: 10 Gbps}]\n");
  CHECK(of_broken == doctest::Approx(16 * 2));
}

TEST_CASE("program: bad runs say where") {
  const auto refused = [](const std::string& from, const std::string& to, const std::string& why) {
    std::string text = step + run;
    text.replace(text.find(from), from.size(), to);
    const auto result = Scenario{text}.with("run");
    CHECK(result.status == 2);
    CHECK_MESSAGE(result.errors.find(why) != std::string::npos, result.errors);
  };
  refused("steps: 100K", "steps: none", "expected a number above 0");
  refused("steps: 100K", "tokens: 1B\n  steps: 100K", "expected either tokens or steps");
  refused("by: 2027-01-03", "by: 2026-01-03", "comes after 'start'");
  refused("gpu: 400 h", "gpu: 0 s", "a time between failures is above 0");
  refused("gpu: 400 h", "disk: 400 h", "unknown key 'disk'");
  refused("write: 10 GB/s", "write: 10 GB/s, blocking: 1 h", "the whole checkpoint is written in");
  refused("interval: 10 min", "interval: 10", "expected a time");
}
