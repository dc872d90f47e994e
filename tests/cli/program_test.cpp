// The program as a user meets it: what goes in, the exit code, what comes out.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "sim/config.hpp"
#include "sim/text_list.hpp"
#include "tests/cli/scratch_directory.hpp"
#include "workloads/gpu.hpp"
#include "workloads/model_file.hpp"

namespace fs = std::filesystem;

namespace {

cli::ProcessResult espalier(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), std::string{BINARY_DIR} + "/cli/espalier");
  return cli::run_process(arguments, "");
}

/// Runs the program on a file with this text in place of "FILE" among the arguments.
cli::ProcessResult with_file(const std::string& name, const std::string& text,
                             std::vector<std::string> arguments) {
  const cli::ScratchDirectory directory;
  const fs::path file = directory.path() / name;
  std::ofstream{file, std::ios::binary} << text;
  for (std::string& argument : arguments) {
    if (argument == "FILE") {
      argument = file.string();
    }
  }
  cli::ProcessResult result = espalier(arguments);
  // The scratch directory has another name in every run.
  const std::string prefix = directory.path().string() + "/";
  for (std::size_t at = 0; (at = result.errors.find(prefix)) != std::string::npos;) {
    result.errors.erase(at, prefix.size());
  }
  return result;
}

const std::string good_scenario =
    "topology: {kind: torus, shape: 4x4, link: '16GB/s,150ns'}\n"
    "algorithms: [ring, multitree]\n"
    "sizes: 64KiB..256KiB\n"
    "network: flow\n";

}  // namespace

TEST_CASE("program: the same scenario gives the same bytes, twice") {
  const auto first = with_file("s.yaml", good_scenario, {"run", "FILE", "--json"});
  const auto second = with_file("s.yaml", good_scenario, {"run", "FILE", "--json"});
  CHECK(first.status == 0);
  CHECK(first.output == second.output);
}

TEST_CASE("program: options and a scenario file that say the same give the same numbers") {
  const auto file = with_file("s.yaml", good_scenario, {"run", "FILE", "--json"});
  const auto options =
      espalier({"collective", "--topology", "torus:4x4", "--link", "16GB/s,150ns", "--algorithms",
                "ring,multitree", "--sizes", "64KiB..256KiB", "--json"});
  const auto a = nlohmann::json::parse(file.output);
  const auto b = nlohmann::json::parse(options.output);
  REQUIRE(a["results"].size() == 6);
  CHECK(a["results"] == b["results"]);
  // Ring on 16 ranks: 30 (150 ns + 4096 B / 16 GB/s) = 30 * 406 ns.
  CHECK(a["results"][0]["time_s"].get<double>() == doctest::Approx(12.18e-6).epsilon(1e-9));
  CHECK(a["results"][0]["algorithm"] == "ring");
  CHECK(a["results"][0]["bytes"] == 65536);
}

TEST_CASE("program: bad input ends with 2 and an error that says where, what and what else") {
  struct Case {
    std::string scenario;
    std::string error;
  };
  const std::vector<Case> cases{
      {"topologgy: torus:4x4\n",
       "s.yaml:1:1: error: unknown key 'topologgy'\n"
       "    1 | topologgy: torus:4x4\n"
       "      | ^\n"
       "  hint: did you mean 'topology'?\n"},
      {"topology: {kind: torus, shape: 4x4, link: {bandwidth: -5 GB/s}}\n",
       "s.yaml:1:55: error: topology.link.bandwidth: expected a bandwidth, got '-5 GB/s': less "
       "than "
       "1 B/s\n"},
      {"topology: {kind: torus, shape: 4x4, link: {bandwidth: .nan}}\n",
       "s.yaml:1:55: error: topology.link.bandwidth: expected a bandwidth, got '.nan'\n"},
      {"topology: {kind: torus, shape: 4x4}\nsizes: 99999999999 GiB\n",
       "s.yaml:2:8: error: sizes: expected a size, got '99999999999 GiB': more than 8 PiB\n"},
      {"topology: {kind: trous, shape: 4x4}\n",
       "s.yaml:1:18: error: topology.kind: unknown topology 'trous'\n"},
      {"topology: {kind: torus, shape: 4x4}\ngroup: 3..99\n",
       "s.yaml:2:8: error: group: GPU 99 is out of range\n"},
      {"topology: {kind: torus, shape: 4x4x4}\nalgorithms: [ring2d]\n",
       "s.yaml:2:14: error: algorithms[0]: 'ring2d' does not fit this network: it needs all GPUs "
       "of "
       "a 2D torus or mesh"},
      {"topology: {kind: torus, shape: 4x4}\nroot: 16\n",
       "s.yaml:2:7: error: root: expected a whole number from 0 to 15, got '16'\n"},
      {"", "s.yaml:1:1: error: the file is empty\n"},
      {"a: &a [1]\nb: [*a, *a]\n", "s.yaml:1:4: error: anchors are not accepted\n"},
      {"topology:\n  kind: custom\n  nodes: [{name: a, kind: gpu}, {name: b, kind: gpu}]\n"
       "  links: []\n",
       "s.yaml:2:3: error: topology: the network falls apart into 2 parts: no path leads from 'a' "
       "to "
       "'b'\n"},
      {"topology: {kind: switch, shape: 4}\nrouting: dimension-order\n",
       "s.yaml:2:10: error: routing: dimension-order routing needs a torus or a mesh\n"},
      {"topology: nowhere.yaml\n", "there is no file 'nowhere.yaml'"},
      {"topology: torus:4x4\nnetwork: packet\npacket: {virtual_channels: 2}\n",
       "s.yaml:3:28: error: packet.virtual_channels: 'switching: fifo' has no "
       "'virtual_channels'\n"},
      {"topology: torus:4x4\npacket: {switching: cut-through, buffer: 100 B}\n",
       "s.yaml:2:42: error: packet.buffer: expected a size from 4 KiB to 8 PiB, got '100 B'\n"},
      {"topology: torus:4x4\npacket: {payload: 0 B}\n",
       "s.yaml:2:19: error: packet.payload: expected a size from 1 B to"},
      {"topology: torus:4x4\npacket: {switching: cut-through, loss: drop}\n",
       "s.yaml:2:40: error: packet.loss: 'switching: cut-through' has no 'loss'\n"},
      {"topology: torus:4x4\nvariants: {a: {algorithms: ring, sizes: 1 MiB}}\n",
       "s.yaml:2:41: error: variants.a.sizes: variants have the 'sizes' of the scenario\n"},
      {"topology: torus:4x4\nvariants: {a: {algorithms: 'ring,ring2d'}}\n",
       "s.yaml:2:15: error: variants.a: a variant has one algorithm, this one has 2\n"},
      {"topology: torus:4x4\nvariants: {a: {algorithms: ring}, b: {algorithms: ring, group: "
       "0..3}}\n",
       "s.yaml:2:38: error: variants.b: 4 ranks, but the first variant has 16\n"},
      {"topology: torus:4x4\nvariants: {a: {algorithm: ring}}\n",
       "s.yaml:2:27: error: unknown key 'algorithm'\n"},
      {"topology: torus:4x4\npacket: {switching: ethernet, buffer: 100 KiB}\n",
       "s.yaml:2:9: error: packet: links pause above 256 KiB"},
      {"topology: torus:4x4\npacket: {switching: ethernet, dcqcn: {increase_period: 10 ns}}\n",
       "s.yaml:2:56: error: packet.dcqcn.increase_period: expected at least 1.000 us, got '10 ns'"},
      {"topology: torus:4x4\npacket: {buffer: 1 MiB}\n",
       "s.yaml:2:18: error: packet.buffer: 'switching: fifo' has no 'buffer'\n"},
      {"topology: torus:4x4\npacket: {switching: ethernet, share: 2}\n",
       "s.yaml:2:38: error: packet.share: 'share' says nothing here\n"},
      {"topology: torus:4x4\npacket: {switching: ethernet, control: dctcp, dcqcn: {gain: 1}}\n",
       "s.yaml:2:54: error: packet.dcqcn: 'dcqcn' says nothing here\n"},
      {"topology: torus:4x4\npacket: {switching: ethernet, mark: {from: 2 MB}}\n",
       "s.yaml:2:37: error: packet.mark: marks begin at 2.000 MB, which is not below 200.0 kB"},
      {"topology: torus:4x4\npacket: {switching: ethernet, pause_above: 1 kB, resume_below: 2 "
       "kB}\n",
       "s.yaml:2:64: error: packet.resume_below: a link that pauses above"},
      {"topology: torus:4x4\npacket: {switching: ethernet, dcqcn: {increase_bytes: 0 B}}\n",
       "s.yaml:2:55: error: packet.dcqcn.increase_bytes: expected at least a byte"},
      {"topology: torus:4x4\npacket: {switching: ethernet, retry_after: 0 us}\n",
       "s.yaml:2:44: error: packet.retry_after: expected at least 1.000 us, got"},
      {"topology: torus:4x4\nnetwork: packet\nrouting: split\n"
       "packet: {switching: ethernet, loss: drop}\n",
       "s.yaml:3:10: error: routing: packets overtake each other with 'split', which "
       "'packet.loss: drop' does not allow\n"},
      {"topology: torus:4x4\nalgorithms: [direct]\nnic: {kind: table}\n",
       "nic: error: the algorithm has no time steps\n"},
      {"topology: {kind: torus, shape: 4x4, injection: {bandwidth: 1 GB/s, ports: 0}}\n",
       "s.yaml:1:75: error: topology.injection.ports: expected a whole number from 1 to 64"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.scenario);
    const auto result = with_file("s.yaml", each.scenario, {"run", "FILE"});
    CHECK(result.status == 2);
    CAPTURE(result.errors);
    CHECK(result.errors.find(each.error) != std::string::npos);
  }
}

TEST_CASE("program: bad options end with 2, and nothing is half written") {
  const cli::ScratchDirectory directory;
  const std::string out = (directory.path() / "out").string();
  const std::vector<std::vector<std::string>> calls{
      {},
      {"colective"},
      {"collective"},
      {"collective", "--topologi", "torus:4x4"},
      {"collective", "--topo", "torus:4x4"},  // no guessing
      {"collective", "--topology"},
      {"collective", "--topology", "torus:4x4", "--topology", "torus:8x8"},
      {"collective", "--topology", "torus:4x", "-o", out},
      {"collective", "--topology", "torus:0x4", "-o", out},
      {"collective", "--topology", "torus:4x4", "--sizes", "1GiB..1KiB", "-o", out},
      {"collective", "--topology", "torus:4x4", "--sizes", "0B..1KiB", "-o", out},
      {"collective", "--topology", "torus:4x4", "--algorithms", "hdrm", "-o", out},
      {"collective", "--topology", "torus:4x4", "--link", "16,150ns", "-o", out},
      {"collective", "--topology", "torus:4x4", "--set", "nonsense", "-o", out},
      {"collective", "--topology", "torus:4x4", "--group", "1,1", "-o", out},
      {"collective", "--topology", "torus:4x4", "--channels", "-1", "-o", out},
      {"collective", "--topology", "torus:4x4", "--network", "packets", "-o", out},
      {"collective", "--topology", "torus:1000x1000", "-o", out},
      {"run", "no-such-file.yaml", "-o", out},
      {"run", "/", "-o", out},
      {"topology", "show"},
      {"topology", "drow", "torus:4x4"},
      {"topology", "draw", "torus:4x4", "-o", out + ".jpg"},
      {"schedule", "verify"},
      {"flows", "no-such-file.json"},
  };
  for (const auto& call : calls) {
    std::string line;
    for (const std::string& word : call) {
      line += word + " ";
    }
    CAPTURE(line);
    const auto result = espalier(call);
    CHECK(result.status == 2);
    CHECK((!result.errors.empty() || call.empty()));
    CHECK(fs::is_empty(directory.path()));
  }
}

TEST_CASE("program: flows in bad form are refused by place") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"{", "not JSON"},
      {"[]", "expected an object with the key 'cases'"},
      {"{}", "missing key 'cases'"},
      {R"({"cases": 3})", "expected a list"},
      {R"({"cases": [], "cases": []})", "the key 'cases' is given twice"},
      {R"({"cases": [{"flows": []}]})", "cases[0]: missing key 'edges'"},
      {R"({"cases": [{"edges": [{"id": 0, "capacity_Bps": -1}], "flows": []}]})",
       "cases[0].edges[0].capacity_Bps: expected a number from 1 to"},
      {R"({"cases": [{"edges": [{"id": 0, "capacity_Bps": 1e9}, {"id": 0, "capacity_Bps": 1e9}],
           "flows": []}]})",
       "edge 0 is given twice"},
      {R"({"cases": [{"edges": [{"id": 0, "capacity_Bps": 1e9}],
           "flows": [{"size_bytes": 5, "route": [1]}]}]})",
       "cases[0].flows[0].route[0]: there is no edge 1"},
      {R"({"cases": [{"edges": [{"id": 0, "capacity_Bps": 1e9}],
           "flows": [{"size_bytes": 5, "route": []}]}]})",
       "expected at least one edge"},
      {R"({"cases": [{"edges": [{"id": 0, "capacity_Bps": 1e9}],
           "flows": [{"size_bytes": 5, "start": 3, "route": [0]}]}]})",
       "cases[0].flows[0]: unknown key 'start'"},
      {R"({"cases": [{"edges": [{"id": 0, "capacity_Bps": 1.5}], "flows": []}]})",
       "expected a whole number of bytes per second, got 1.5"},
      {R"({"cases": [{"edges": [{"id": 0.5, "capacity_Bps": 1e9}], "flows": []}]})",
       "expected a whole number, got 0.5"},
      {R"({"cases": [{"edges": [{"id": 0, "capacity_Bps": true}], "flows": []}]})", "got true"},
  };
  for (const auto& [text, error] : cases) {
    CAPTURE(text);
    const auto result = with_file("cases.json", text, {"flows", "FILE"});
    CAPTURE(result.errors);
    CHECK(result.status == 2);
    CHECK(result.errors.find(error) != std::string::npos);
  }
}

TEST_CASE("program: an error in a JSON file names line and column") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"{\n  \"cases\": [\n    {\"edges\": [], \"flows\": 7}\n  ]\n}\n",
       "cases.json:3:28: error: cases[0].flows: expected a list"},
      {"{\"cases\": [{\"edges\": [{\"id\": 0,\n \"capacity_Bps\"\n : -1\n}], \"flows\": []}]}",
       "cases.json:3:4: error: cases[0].edges[0].capacity_Bps: expected a number from 1 to"},
      {"{\"cases\": [{\"edges\": [{\"id\": 4, \"capacity_Bps\": 1e9}],\n"
       "\"flows\": [{\"size_bytes\": 5,\"route\": [4\n,4]}]}]}",
       "cases.json:3:2: error: cases[0].flows[0].route[1]: edge 4 stands twice"},
      {"\n {\"cases\": [3]}",
       "cases.json:2:13: error: cases[0]: expected an object with the key 'edges'"},
      {"\n\n  [1]", "cases.json:3:3: error: expected an object with the key 'cases'"},
  };
  for (const auto& [text, error] : cases) {
    CAPTURE(text);
    const auto result = with_file("cases.json", text, {"flows", "FILE"});
    CAPTURE(result.errors);
    CHECK(result.status == 2);
    CHECK(result.errors.starts_with(error));
  }
}

TEST_CASE("program: --set reaches every file") {
  const std::string parking_lot = std::string{SOURCE_DIR} + "/configs/flows/parking-lot.json";
  const auto makespan = [&](const std::string& setting) {
    const auto result = espalier({"flows", parking_lot, "--set", setting});
    CAPTURE(result.errors);
    REQUIRE(result.status == 0);
    return nlohmann::json::parse(result.output)["cases"][0]["makespan_s"].get<double>();
  };
  // A flow that alone needs longer than all others together.
  CHECK(makespan("cases[0].flows[0].size_bytes=0") <
        makespan("cases[0].flows[0].size_bytes=1000000000000"));
  for (const std::string bad : {"cases[9].name=1", "cases[0].flows[0].size_bytes=x",
                                "cases[0].flows[0].size_bytes=-1", "cases", "=1", "cases="}) {
    CAPTURE(bad);
    CHECK(espalier({"flows", parking_lot, "--set", bad}).status == 2);
  }
  const auto gpus = [](std::vector<std::string> call) {
    call.insert(call.begin(), {"topology", "show"});
    call.emplace_back("--json");
    const auto result = espalier(call);
    CAPTURE(result.errors);
    REQUIRE(result.status == 0);
    return nlohmann::json::parse(result.output)["gpus"].get<int>();
  };
  CHECK(gpus({"torus:8x8", "--set", "shape=2x3"}) == 6);
  CHECK(gpus({std::string{SOURCE_DIR} + "/configs/topologies/tpu-v4-512.yaml", "--set",
              "shape=4x4x4", "--link", "1GB/s,0ns"}) == 64);
  CHECK(espalier({"topology", "show", "torus:8x8", "--set", "shap=2x3"}).status == 2);
  CHECK(espalier(
            {"schedule", "verify", "-t", "torus:4x4", "--set", "topology.shape=3x3", "-a", "ring"})
            .output.find("144 messages") != std::string::npos);
  CHECK(espalier({"schedule", "verify", "-t", "torus:4x4", "--set", "shape"}).status == 2);
}

TEST_CASE("program: every JSON document says which form and which version it has") {
  const std::vector<std::vector<std::string>> calls{
      {"topology", "list"},
      {"topology", "show", "ring:4"},
      {"schedule", "list"},
      {"schedule", "show", "-t", "ring:4"},
      {"schedule", "verify", "-t", "ring:4"},
      {"collective", "-t", "ring:4", "-a", "ring", "-s", "1KiB"}};
  for (auto call : calls) {
    CAPTURE(call[1]);
    call.emplace_back("--json");
    const auto document = nlohmann::ordered_json::parse(espalier(call).output);
    CHECK(document.begin().key() == "schema_version");
    CHECK(document["version"] == "0.1.0");
  }
}

TEST_CASE("program: where ports are the limit, a port is the busiest link") {
  // 4 GPUs, each with a 10 GB/s cable to everyone but a port of 10 GB/s for all of them: one-shot
  // moves 3 MiB through every port and 1 MiB over every cable.
  const auto result = espalier({"collective", "-t", "fully-connected:4,injection=10GB/s", "--link",
                                "10GB/s,0ns", "-a", "direct", "-s", "1MiB", "--json", "--links"});
  CAPTURE(result.errors);
  REQUIRE(result.status == 0);
  const auto row = nlohmann::json::parse(result.output)["results"][0];
  CHECK(row["time_s"].get<double>() == doctest::Approx(3 * 1048576 / 10e9).epsilon(1e-9));
  CHECK(row["busiest_link"] == "gpu0 -> injection");
  CHECK(row["busiest_utilisation"].get<double>() == doctest::Approx(1));
  REQUIRE(row["links"].size() == 12 + 8);
  CHECK(row["links"][12]["bytes"] == 3 * 1048576);
  CHECK(row["links"][13]["from"] == "injection");
  CHECK(row["links"][13]["to"] == "gpu0");
}

TEST_CASE("program: more simulated time than there is fails the run, with 1 and words") {
  const std::vector<std::vector<std::string>> calls{
      {"collective", "--topology", "ring:4", "--link", "1B/s,0ns", "-a", "ring", "-s", "1PiB"},
      {"collective", "--topology", "switch:4", "--link", "1B/s", "-a", "ring", "-s", "15600000B"},
      {"collective", "--topology", "ring:4", "-a", "ring", "-s", "8PiB", "--reduction", "1B/s"},
      {"collective", "--topology", "ring:4", "-a", "direct", "-s", "8PiB", "--reduction", "1B/s"},
      {"collective", "--topology", "ring:3", "-n", "ideal", "-a", "ring", "-s", "1PiB",
       "--reduction", "1B/s"},
  };
  for (const auto& call : calls) {
    const auto result = espalier(call);
    CAPTURE(result.errors);
    CHECK(result.status == 1);
    CHECK(result.errors.find("exceeds 46 days") != std::string::npos);
  }
}

TEST_CASE("program: depth is limited wherever it can be written") {
  std::string deep = R"({"x": )";
  deep += std::string(100'000, '[') + std::string(100'000, ']') + R"(, "cases": []})";
  CHECK(with_file("cases.json", deep, {"flows", "FILE"}).status == 2);
  std::string key = "a";
  for (int i = 0; i < 50'000; ++i) {
    key += ".a";
  }
  CHECK(espalier({"collective", "--topology", "ring:4", "--set", key + "=1"}).status == 2);
}

TEST_CASE("program: on ideal, where nothing is ever full, the bound is the latency alone") {
  // One-shot on a star: everyone's 8 MiB leave over one port. At 1 GB/s the cut alone takes longer
  // than ideal, which sends them side by side.
  const auto run = [](const std::string& network) {
    const auto result = espalier({"collective", "--topology", "switch:8", "--link", "1GB/s,1us",
                                  "-a", "direct", "-s", "8MiB", "--network", network, "--json"});
    return nlohmann::json::parse(result.output)["results"][0];
  };
  const auto ideal = run("ideal");
  const auto flow = run("flow");
  CHECK(ideal["time_s"].get<double>() == doctest::Approx(8.388608e-3 + 2e-6).epsilon(1e-9));
  CHECK(ideal["lower_bound_s"].get<double>() == doctest::Approx(2e-6).epsilon(1e-9));
  // 2 (n - 1) / n of 8 MiB through each port, and a latency.
  CHECK(flow["lower_bound_s"].get<double>() == doctest::Approx(14.680064e-3 + 2e-6).epsilon(1e-4));
  CHECK(flow["time_s"].get<double>() > ideal["time_s"].get<double>());
}

TEST_CASE("program: pictures that no program is there to draw are refused before the run") {
  const cli::ScratchDirectory directory;
  const std::string out = (directory.path() / "out").string();
  const auto result =
      cli::run_process({"/usr/bin/env", "PATH=/nowhere", std::string{BINARY_DIR} + "/cli/espalier",
                        "collective", "--topology", "torus:4x4", "-o", out},
                       "");
  CHECK(result.status == 1);
  CHECK(result.output.empty());
  CHECK(result.errors.find("apt-get install gnuplot-nox") != std::string::npos);
  CHECK(fs::is_empty(directory.path()));
}

TEST_CASE("program: a mistake inside a topology file is shown there, and who asked for it") {
  const cli::ScratchDirectory directory;
  std::ofstream{directory.path() / "net.yaml"} << "kind: torus\nshape: 4x\n";
  std::ofstream{directory.path() / "s.yaml"} << "sizes: 1KiB\ntopology: net.yaml\n";
  const auto result = espalier({"run", (directory.path() / "s.yaml").string()});
  CHECK(result.status == 2);
  CHECK(result.errors.find("net.yaml:2:8: error: shape: ") != std::string::npos);
  std::ofstream{directory.path() / "s.yaml"} << "sizes: 1KiB\ntopology: nat.yaml\n";
  const auto missing = espalier({"run", (directory.path() / "s.yaml").string()});
  CHECK(missing.status == 2);
  CHECK(missing.errors.find("s.yaml:2:11: error: topology: there is no file") != std::string::npos);
  std::ofstream{directory.path() / "s.yaml"} << "sizes: 1KiB\ntopology: torus:4y4\n";
  const auto bad = espalier({"run", (directory.path() / "s.yaml").string()});
  CHECK(bad.status == 2);
  CHECK(bad.errors.find("s.yaml:2 topology:1:24: error: shape: expected extents from 1 to") !=
        std::string::npos);
}

TEST_CASE("program: packets that wait in a circle are reported, by their links") {
  const auto all_to_all = [](const std::string& channels) {
    return espalier({"collective", "-t", "torus:6x6", "-c", "all-to-all", "-a", "direct", "-s",
                     "8MiB", "--network", "packet", "--set", "packet.switching=cut-through",
                     "--set", "packet.virtual_channels=" + channels, "--set",
                     "packet.buffer=4096B"});
  };
  const auto stuck = all_to_all("1");
  CHECK(stuck.status == 1);
  CHECK(stuck.errors.find("the network is deadlocked: packets behind each of these links") !=
        std::string::npos);
  CHECK(stuck.errors.find("gpu6 -> gpu0") != std::string::npos);
  CHECK(all_to_all("2").status == 0);  // a dateline needs two
}

TEST_CASE("program: results that cannot be written fail the run, with 1") {
  const auto full = espalier(
      {"flows", std::string{SOURCE_DIR} + "/configs/flows/parking-lot.json", "-o", "/dev/full"});
  CHECK(full.status == 1);
  const auto file_in_the_way =
      espalier({"collective", "--topology", "ring:4", "-o", "/dev/null/out"});
  CHECK(file_in_the_way.status == 1);
}

TEST_CASE("program: -o writes tables, plots and pictures") {
  const cli::ScratchDirectory directory;
  const fs::path out = directory.path() / "deep" / "out";
  const auto result = espalier({"collective", "--topology", "torus:3x3", "--algorithms",
                                "ring,multitree", "--sizes", "1KiB,1MiB", "-o", out.string()});
  CAPTURE(result.errors);
  REQUIRE(result.status == 0);
  for (const std::string name : {"results.json", "results.csv", "links.csv", "busbw.svg",
                                 "busbw.png", "time.svg", "time.png", "links-ring.svg",
                                 "links-ring.png", "links-multitree.svg", "links-multitree.png"}) {
    CAPTURE(name);
    CHECK(fs::exists(out / name));
    CHECK(fs::file_size(out / name) > 0);
  }
}

TEST_CASE("program: every file in configs/ loads and runs") {
  for (const auto& entry : fs::recursive_directory_iterator{fs::path{SOURCE_DIR} / "configs"}) {
    const std::string path = entry.path().string();
    CAPTURE(path);
    if (path.find("/topologies/") != std::string::npos && entry.is_regular_file()) {
      CHECK(espalier({"topology", "show", path}).status == 0);
    } else if (path.find("/profiles/") != std::string::npos &&
               entry.path().extension() == ".yaml") {
      CHECK(espalier({"calibrate", "show", path}).status == 0);
    } else if (entry.path().extension() == ".md") {
      continue;
    } else if (path.find("/models/") != std::string::npos && entry.is_regular_file()) {
      CHECK_NOTHROW(static_cast<void>(workloads::read_model(sim::ConfigNode::load(path))));
    } else if (path.find("/gpus/") != std::string::npos && entry.is_regular_file()) {
      CHECK_NOTHROW(static_cast<void>(workloads::read_gpu(sim::ConfigNode::load(path))));
    } else if (path.find("/software/") != std::string::npos ||
               path.find("/networks/") != std::string::npos ||
               path.find("/prices/") != std::string::npos) {
      continue;  // read by tests of their own
    } else if (entry.path().stem().string().starts_with("sweep-")) {
      CHECK(espalier({"sweep", path, "--dry-run"}).status == 0);
    } else if (path.find("/planning/runs/") != std::string::npos) {
      CHECK(espalier({"run", path, "--set", "run.replications=2"}).status == 0);
    } else if (path.find("/planning/") != std::string::npos && entry.is_regular_file()) {
      CHECK(espalier({"plan", path, "-n", "1", "--set", "search.tensor=[8]", "--set",
                      "search.micro_batch=[1]", "--set", "search.sharding=[optimizer]"})
                .status == 0);
    } else if (path.find("/training/") != std::string::npos) {
      CHECK(espalier({"run", path}).status == 0);
    } else if (entry.path().extension() == ".yaml") {
      CHECK(espalier({"run", path, "--set", "sizes=64KiB"}).status == 0);
    } else if (entry.path().extension() == ".json") {
      CHECK(espalier({"flows", path}).status == 0);
    }
  }
}

namespace {

const std::string small_step =
    "model: {style: gpt, layers: 4, hidden: 1024, heads: 16, vocabulary: 51200, sequence: 1024}\n"
    "gpu: a100-sxm-80gb\n"
    "topology: \"gpu-cluster:2x8,nvlink=300GB/s,500ns,nic=200Gbps,500ns\"\n"
    "layout: {tensor: 4, pipeline: 2, micro_batch: 1, global_batch: 8}\n"
    "software: megatron-2021\n";

}  // namespace

TEST_CASE("program: a training step as a table, as JSON and as a timeline") {
  const cli::ScratchDirectory scratch;
  const fs::path file = scratch.path() / "step.yaml";
  std::ofstream{file} << small_step;
  const auto table = espalier({"run", file.string()});
  REQUIRE(table.status == 0);
  CHECK(table.output.find("MFU") != std::string::npos);
  CHECK(table.output.find("fits: needs") != std::string::npos);
  for (const std::string_view line : sim::split(table.output, '\n')) {
    CHECK(line.size() <= 80);
  }
  // With everything that time can go to, too.
  const auto wide = espalier(
      {"run", file.string(), "--set",
       "model={layers: 4, hidden: 1024, heads: 16, vocabulary: 51200, sequence: 1024, experts: "
       "{count: 8, per_token: 2, feed_forward: 512}}",
       "--set",
       "layout={tensor: 2, context: 2, pipeline: 2, expert: 2, sequence_parallel: true, "
       "micro_batch: 1, global_batch: 8}"});
  REQUIRE(wide.status == 0);
  const std::size_t head = wide.output.find("stage s ");
  const std::string heads = wide.output.substr(head, wide.output.find('\n', head) - head);
  CHECK(heads == "stage s compute recomp update     TP     CP     EP     DP     PP launch   idle");
  const fs::path trace = scratch.path() / "trace.json";
  const auto json = espalier({"run", file.string(), "--json", "--trace", trace.string()});
  REQUIRE(json.status == 0);
  const auto document = nlohmann::json::parse(json.output);
  CHECK(document["gpus"] == 16);
  CHECK(document["provenance"] == "fitted");
  CHECK(document["layout"]["DP"] == 2);
  CHECK(document["stages"].size() == 2);
  const double tokens = 8 * 1024;
  CHECK(document["tokens_per_s"].get<double>() * document["step_s"].get<double>() ==
        doctest::Approx(tokens));
  // Slices of one thread of a rank are one after the other; every arrow has two ends.
  std::map<std::pair<int, int>, double> ends;
  std::map<int, int> arrows;
  const auto events = nlohmann::json::parse(std::ifstream{trace})["traceEvents"];
  for (const auto& event : events) {
    const std::string phase = event["ph"];
    if (phase == "X") {
      double& end = ends[{event["pid"], event["tid"]}];
      CHECK(event["ts"].get<double>() >= end - 1e-6);
      end = event["ts"].get<double>() + event["dur"].get<double>();
    } else if (phase == "s" || phase == "f") {
      ++arrows[event["id"].get<int>()];
    }
  }
  CHECK(ends.size() >= 4);
  CHECK(arrows.size() == 8);  // four micro-batches, forward and back
  for (const auto& [id, count] : arrows) {
    CHECK(count == 2);
  }
  // The same bytes again.
  CHECK(espalier({"run", file.string(), "--json"}).output == json.output);
  const auto all = espalier({"run", file.string(), "--json", "--set", "symmetry=false"});
  CHECK(nlohmann::json::parse(all.output)["step_s"] == document["step_s"]);
}

TEST_CASE("program: every software that is shipped trains a model") {
  const cli::ScratchDirectory scratch;
  const fs::path file = scratch.path() / "step.yaml";
  std::ofstream{file} << small_step;
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator{fs::path{SOURCE_DIR} / "configs/software"}) {
    if (entry.path().extension() != ".yaml") {
      continue;
    }
    CAPTURE(entry.path().string());
    ++count;
    // The A100's profile has no fp8.
    const bool is_hopper = entry.path().stem() == "nemo-2407";
    CHECK(espalier({"run", file.string(), "--set", "software=" + entry.path().stem().string(),
                    "--set", is_hopper ? "gpu=h100-sxm-80gb" : "gpu=a100-sxm-80gb"})
              .status == 0);
  }
  CHECK(count == 12);
}

TEST_CASE("program: what a training step does not fit into is an answer") {
  const cli::ScratchDirectory scratch;
  const fs::path file = scratch.path() / "step.yaml";
  std::ofstream{file} << small_step;
  const auto result = espalier({"run", file.string(), "--set", "model=gpt3-175b"});
  CHECK(result.status == 0);
  CHECK(result.output.find("DOES NOT FIT: needs") != std::string::npos);
  const auto json = espalier({"run", file.string(), "--set", "model=gpt3-175b", "--json"});
  CHECK(nlohmann::json::parse(json.output)["fits"] == false);
}

TEST_CASE("program: bad training scenarios exit with 2 and say where") {
  const cli::ScratchDirectory scratch;
  const fs::path file = scratch.path() / "step.yaml";
  std::ofstream{file} << small_step;
  struct Case {
    std::string setting;
    std::string message;
  };
  for (const Case& each :
       {Case{"model=gpt3-175", "did you mean 'gpt3-175b'?"},
        Case{"model=there-is-none.yaml", "there is no file"},
        Case{"gpu=a100-sxm-80g", "did you mean 'a100-sxm-80gb'?"},
        Case{"software=megatron", "unknown software 'megatron'"},
        Case{"software={lunch: 5 us}", "did you mean 'launch'?"},
        Case{"software={launch: 5 s}", "expected at most a second"},
        Case{"schedule=zb", "unknown schedule 'zb'"},
        Case{"schedule=[F0 B0]", "1 orders for 2 stages"},
        Case{"layout.tensor=3", "16 GPUs cannot be divided by TP x CP x PP 6"},
        Case{"layout.global_batch=7", "7 sequences of a batch cannot be divided by"},
        Case{"network=packet", "unknown network model of a training step 'packet'"},
        Case{"sizes=1MiB", "unknown key 'sizes'"}}) {
    CAPTURE(each.setting);
    const auto result = espalier({"run", file.string(), "--set", each.setting});
    CHECK(result.status == 2);
    CAPTURE(result.errors);
    CHECK(result.errors.find(each.message) != std::string::npos);
    CHECK(result.output.empty());
  }
  CHECK(espalier({"run", file.string(), "--csv"}).status == 2);
}

namespace {

/// The mean and the worst absolute error of the tables whose names begin so, as shares.
struct Errors {
  std::size_t rows = 0;
  double mean = 0;
  double worst = 0;
};
Errors errors_of(const nlohmann::json& document, const std::string& name) {
  Errors out;
  for (const auto& table : document["tables"]) {
    if (table["name"].get<std::string>().starts_with(name)) {
      const auto rows = table["rows"].get<std::size_t>();
      out.mean += static_cast<double>(rows) * table["mean_abs_error"].get<double>();
      out.worst = std::max(out.worst, table["worst_abs_error"].get<double>());
      out.rows += rows;
    }
  }
  out.mean /= static_cast<double>(std::max<std::size_t>(out.rows, 1));
  return out;
}

/// Runs the rows of a shipped table whose first column begins so.
nlohmann::json validated(const std::string& table, const std::set<std::string>& beginnings) {
  const cli::ScratchDirectory scratch;
  std::ifstream whole{fs::path{SOURCE_DIR} / "configs/validation" / table};
  std::ofstream some{scratch.path() / table};
  std::string line;
  for (int i = 0; std::getline(whole, line); ++i) {
    const bool is_wanted = std::ranges::any_of(
        beginnings, [&](const std::string& beginning) { return line.starts_with(beginning); });
    if (i == 0 || is_wanted) {
      some << line << "\n";
    }
  }
  some.close();
  const auto result =
      espalier({"validate", "training", (scratch.path() / table).string(), "--json"});
  CAPTURE(result.errors);
  REQUIRE(result.status == 0);
  return nlohmann::json::parse(result.output);
}

/// What a figure of SC 2021 shows, and what we predict.
std::pair<double, double> point(const nlohmann::json& document, const std::string& figure,
                                const std::string& series, const std::string& x) {
  for (const auto& row : document["rows"]) {
    if (row["figure"] == figure && row["series"] == series && row["x"] == x) {
      return {row["reference"], row["predicted"]};
    }
  }
  FAIL("no such point");
  return {};
}

}  // namespace

TEST_CASE("program: training steps that others measured, none of them in any fit") {
  const auto papers = validated("training-literature.csv", {"sc21_t1", "kort22", "nemo2407"});
  const Errors megatron = errors_of(papers, "Narayanan SC21, Table 1");
  CHECK(megatron.rows == 5);
  CHECK(megatron.mean < 0.05);
  CHECK(megatron.worst < 0.10);
  const Errors korthikanti = errors_of(papers, "Korthikanti 2022, Table 5");
  CHECK(korthikanti.rows == 4);
  CHECK(korthikanti.mean < 0.06);
  const Errors nemo = errors_of(papers, "NeMo 24.07");
  CHECK(nemo.rows == 6);
  CHECK(nemo.mean < 0.10);
  const auto vtrain = validated("training-a100.csv", {"3.6,", "18.4,", "39.1,", "175,"});
  CHECK(errors_of(vtrain, "GPT on 64-512").rows == 55);
  CHECK(errors_of(vtrain, "GPT on 64-512").mean < 0.12);
}

TEST_CASE("program: the figures of SC 2021 show the same trends") {
  const auto all = validated("training-sc21-figures.csv", {"Fig"});
  struct Trend {
    std::string figure;
    std::string series;
    std::string lower;  // x of the lower throughput
    std::string higher;
  };
  for (const Trend& each :
       {Trend{"Fig13", "batch 128", "(2,32)", "(8,8)"},
        Trend{"Fig13", "batch 128", "(32,2)", "(8,8)"},
        Trend{"Fig14", "batch 512", "(32,2)", "(2,32)"},
        Trend{"Fig15", "batch 512", "(32,2)", "(2,32)"}, Trend{"Fig16", "batch 512", "1", "2"},
        Trend{"Fig16", "batch 512", "8", "2"}, Trend{"Fig11", "batch 8", "8", "1"}}) {
    CAPTURE(each.figure + " " + each.series + " " + each.lower);
    const auto [measured_low, low] = point(all, each.figure, each.series, each.lower);
    const auto [measured_high, high] = point(all, each.figure, each.series, each.higher);
    CHECK(measured_low < measured_high);
    CHECK(low < high);
  }
  // What interleaving, and scatter and gather, gain: within a twentieth of what was read off.
  for (const char* const batch : {"12", "24", "36", "48", "60"}) {
    const auto [plain, our_plain] = point(all, "Fig12", "non-interleaved", batch);
    const auto [inter, our_inter] = point(all, "Fig12", "interleaved", batch);
    CHECK(our_inter / our_plain == doctest::Approx(inter / plain).epsilon(0.05));
    const auto [whole, our_whole] = point(all, "Fig18", "no scatter/gather", batch);
    const auto [split, our_split] = point(all, "Fig18", "scatter/gather", batch);
    CHECK(our_split > our_whole);
    CHECK(our_split / our_whole == doctest::Approx(split / whole).epsilon(0.05));
  }
  // Every figure but the one of a single GPU, and TP over servers, whose hosts are the limit.
  for (const char* const figure : {"Fig11", "Fig12", "Fig13", "Fig14", "Fig16", "Fig18"}) {
    CHECK(errors_of(all, std::string{"Megatron-LM SC 2021, "} + figure).mean < 0.10);
  }
}

TEST_CASE("program: tables of training steps, row by row") {
  const cli::ScratchDirectory scratch;
  const fs::path file = scratch.path() / "steps.csv";
  std::ofstream{file}
      << "Parameters (billion),# GPUs,global batch,micro batch,hidden size,attention heads,"
         "# layers,sequence length,tensor parallelism,data parallelism,pipeline parallelism,"
         "iteration time (ms)\n"
         "0.1,16,16,2,1024,16,4,1024,4,2,2,100\n"
         "0.1,16,16,1,1024,16,4,1024,8,2,1,200\n";
  const auto result = espalier({"validate", "training", file.string(), "--json"});
  CAPTURE(result.errors);
  REQUIRE(result.status == 0);
  const auto document = nlohmann::json::parse(result.output);
  REQUIRE(document["rows"].size() == 2);
  CHECK(document["rows"][0]["reference"] == 100);
  CHECK(document["rows"][0]["tensor parallelism"] == "4");
  for (const auto& row : document["rows"]) {
    CHECK(row["error"].get<double>() ==
          doctest::Approx((row["predicted"].get<double>() / row["reference"].get<double>()) - 1));
  }
  // The scenario of a row is one that can be run, and takes what is predicted.
  const auto scenario = espalier({"validate", "training", file.string(), "--scenario", "1"});
  const fs::path step = scratch.path() / "row.yaml";
  std::ofstream{step} << scenario.output;
  const auto run = espalier({"run", step.string(), "--json"});
  CHECK(nlohmann::json::parse(run.output)["step_s"].get<double>() * 1000 ==
        doctest::Approx(document["rows"][0]["predicted"].get<double>()));
  std::ofstream{file} << "a,b\n1,2\n";
  CHECK(espalier({"validate", "training", file.string()}).status == 2);
}

TEST_CASE("program: rows of training tables that cannot be compared say why, the others are") {
  const cli::ScratchDirectory scratch;
  const fs::path file = scratch.path() / "steps.csv";
  const std::string header =
      "id,source,where,model,layers,hidden,heads,seq,vocab,gpu,gpus,TP,PP,VP,CP,mbs,gbs,precision,"
      "recompute,schedule_features,iter_time_s,tflops_per_gpu,flops_def,mfu_pct,tokens_per_s_total,"
      "network,confidence,note\n";
  const std::string shape = "GPT,4,1024,16,1024,51200,";
  std::ofstream{file} << header << "fine,Megatron-Core,t," << shape
                      << "H100-80GB,8,8,1,1,,1,8,bf16,,,0.5,,,,,,high,\n"
                      << "tokens,Megatron-Core,t," << shape
                      << "H100-80GB,8,8,1,1,,1,1M tokens,bf16,,,0.5,,,,,,high,\n"
                      << "heads,Megatron-Core,t,GPT,4,1024,4,1024,51200,"
                      << "H100-80GB,8,8,1,1,,1,8,bf16,,,0.5,,,,,,high,\n"
                      << "batch,Megatron-Core,t," << shape
                      << "H100-80GB,16,8,1,1,,1,7,bf16,,,0.5,,,,,,high,\n"
                      << "tpu,Megatron-Core,t," << shape
                      << "TPU v9,8,8,1,1,,1,8,bf16,,,0.5,,,,,,high,\n"
                      << "layout,Megatron-Core,t," << shape
                      << "H100-80GB,8,,,1,,1,8,bf16,,,0.5,,,,,,high,\n"
                      << "who,Nobody,t," << shape
                      << "H100-80GB,8,8,1,1,,1,8,bf16,,,0.5,,,,,,high,\n";
  const auto result = espalier({"validate", "training", file.string(), "--json"});
  CAPTURE(result.errors);
  REQUIRE(result.status == 0);
  const auto document = nlohmann::json::parse(result.output);
  REQUIRE(document["rows"].size() == 2);
  // 2^20 tokens are 1,024 sequences: 128 times as many as eight.
  CHECK(document["rows"][1]["predicted"].get<double>() >
        50 * document["rows"][0]["predicted"].get<double>());
  const std::vector<std::string> reasons{
      "4 heads cannot be divided by TP 8", "its batch cannot be divided", "no costs of a TPU v9",
      "its layout is not published", "its software is not described"};
  REQUIRE(document["passed_over"].size() == reasons.size());
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    CHECK(document["passed_over"][i]["reason"].get<std::string>().find(reasons[i]) !=
          std::string::npos);
  }
}

TEST_CASE("program: the MultiTree authors' rows are met, those of one port nearly to the cycle") {
  const auto result = espalier({"validate", "multitree", "--json"});
  CAPTURE(result.errors);
  REQUIRE(result.status == 0);
  const auto document = nlohmann::json::parse(result.output);
  CHECK(document["rows"].size() == 83);
  CHECK(document["tables"][0]["geometric_mean_error"].get<double>() < 0.05);
  CHECK(document["tables"][0]["median_abs_error"].get<double>() < 0.01);
  CHECK(document["tables"][0]["worst_abs_error"].get<double>() < 0.15);
  // On every network, at every size, the same algorithm is faster than the same other one.
  for (const auto& one : document["rows"]) {
    for (const auto& other : document["rows"]) {
      if (one["topology"] == other["topology"] && one["data_kib"] == other["data_kib"] &&
          one["reference"] < other["reference"]) {
        CAPTURE(one["topology"].get<std::string>() + " " + one["data_kib"].get<std::string>() +
                " KiB: " + one["algorithm"].get<std::string>() + ", " +
                other["algorithm"].get<std::string>());
        CHECK(one["predicted"] < other["predicted"]);
      }
    }
  }
  for (const auto& row : document["rows"]) {
    const std::string algorithm = row["algorithm"];
    const double error = row["error"];
    CAPTURE(algorithm);
    CAPTURE(row["topology"].get<std::string>());
    CHECK(error ==
          doctest::Approx(row["predicted"].get<double>() / row["reference"].get<double>() - 1));
    if (algorithm == "ring" || algorithm == "hdrm") {
      CHECK(std::abs(error) < 2e-4);
    } else if (row["NIs_per_node"] == "1") {
      CHECK(std::abs(error) < 0.08);
    }
  }
}

TEST_CASE("program: on Ethernet results tell of queues, pauses, marks and drops") {
  const auto run = [](const std::string& name) {
    const auto result =
        espalier({"run", std::string{SOURCE_DIR} + "/configs/scenarios/ethernet/" + name, "--json",
                  "--links"});
    CAPTURE(result.errors);
    REQUIRE(result.status == 0);
    return nlohmann::json::parse(result.output)["results"][0];
  };
  const auto pause = run("incast-pause.yaml");
  CHECK(pause["queues"]["pauses"] > 100);
  CHECK(pause["queues"]["paused_s"] > 0.001);
  CHECK(pause["queues"]["marked"] == 0);
  CHECK(pause["queues"]["dropped"] == 0);
  double paused_s = 0;
  for (const auto& link : pause["links"]) {
    for (const double part : link["queue"]["paused_s_by_interval"]) {
      paused_s += part;
    }
  }
  CHECK(paused_s == doctest::Approx(pause["queues"]["paused_s"].get<double>()).epsilon(1e-9));
  const auto dctcp = run("incast-dctcp.yaml");
  CHECK(dctcp["queues"]["marked"] > 100);
  CHECK(dctcp["queues"]["pauses"] < pause["queues"]["pauses"]);
  CHECK(run("incast-drop.yaml")["queues"]["dropped"] > 0);
  // Nobody takes in faster than its link: 62 MiB at 50 GB/s.
  for (const char* name : {"incast-pause.yaml", "incast-dctcp.yaml", "incast-dcqcn.yaml"}) {
    CHECK(run(name)["time_s"] > 62 * 1048576.0 / 50e9);
  }
}

TEST_CASE("program: the shipped MultiTree scenarios are those that validate runs") {
  const auto without = [](const std::string& text) {
    std::istringstream lines{text};
    std::string out;
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("#") && !line.starts_with("sizes:")) {
        out += line + "\n";
      }
    }
    return out;
  };
  std::ifstream table{std::string{SOURCE_DIR} + "/configs/validation/multitree.csv"};
  std::string line;
  std::getline(table, line);
  std::set<std::string> compared;
  for (int row = 1; std::getline(table, line); ++row) {
    std::vector<std::string> cells;
    std::istringstream in{line};
    for (std::string cell; std::getline(in, cell, ',');) {
      cells.push_back(cell);
    }
    std::string name = cells[0] + "-" + cells[2];
    std::ranges::replace(name.begin() + static_cast<std::ptrdiff_t>(cells[0].size()), name.end(),
                         '_', '-');
    name += cells[6].starts_with("locality") ? "-locality" : "";
    if (!compared.insert(name).second) {
      continue;
    }
    CAPTURE(name);
    std::ifstream file{std::string{SOURCE_DIR} + "/configs/scenarios/multitree/" + name + ".yaml"};
    const std::string shipped{std::istreambuf_iterator<char>{file}, {}};
    const auto run = espalier({"validate", "multitree", "--scenario", std::to_string(row)});
    CHECK(without(shipped) == without(run.output));
  }
  CHECK(compared.size() == 26);
}

TEST_CASE("program: variants stand side by side, with speedups over the first") {
  const std::string scenario =
      "topology: {kind: torus, shape: 4x4, link: {bandwidth: 16 GB/s, latency: 150 ns}}\n"
      "sizes: [64KiB, 1MiB]\n"
      "variants:\n"
      "  one ring: {algorithms: ring}\n"
      "  four rings: {algorithms: ring, channels: 4}\n"
      "  half the links: {algorithms: ring, topology.link.bandwidth: 8 GB/s}\n";
  const auto result = with_file("s.yaml", scenario, {"run", "FILE", "--json"});
  CAPTURE(result.errors);
  REQUIRE(result.status == 0);
  const auto rows = nlohmann::json::parse(result.output)["results"];
  REQUIRE(rows.size() == 6);
  const auto ring = with_file("s.yaml",
                              "topology: {kind: torus, shape: 4x4, link: '16GB/s,150ns'}\n"
                              "sizes: [64KiB, 1MiB]\nalgorithms: ring\n",
                              {"run", "FILE", "--json"});
  const auto alone = nlohmann::json::parse(ring.output)["results"];
  const std::vector<std::string> names{"one ring", "four rings", "half the links"};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(rows[i]["algorithm"] == names[i % 3]);
    CHECK(rows[i]["bytes"] == (i < 3 ? 65536 : 1 << 20));
    CHECK(rows[i]["speedup"].get<double>() ==
          doctest::Approx(alone[i / 3]["time_s"].get<double>() / rows[i]["time_s"].get<double>()));
  }
  CHECK(rows[0]["time_s"] == alone[0]["time_s"]);
}

TEST_CASE("program: calibrate fits a table, and checks it against another") {
  const cli::ScratchDirectory folder;
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream{folder.path() / name} << text;
    return (folder.path() / name).string();
  };
  std::string table = "gpu,gemm_dtype,m,n,k,latency_us,tflops\n";
  for (int m = 1; m <= 8192; m *= 2) {
    for (int n = 256; n <= 8192; n *= 2) {
      // 4 us and 250 TFLOP/s.
      table += "A100-X,bfloat16," + std::to_string(m) + "," + std::to_string(n) + ",4096," +
               std::to_string(4 + (2.0 * m * n * 4096 / 250e6)) + ",0\n";
    }
  }
  const std::string measured = write("t.csv", table);
  const std::string profile = (folder.path() / "p.yaml").string();
  const auto fit = espalier({"calibrate", "fit", measured, "-o", profile});
  CAPTURE(fit.errors);
  REQUIRE(fit.status == 0);
  const auto check = espalier({"calibrate", "check", profile, measured, "--json"});
  REQUIRE(check.status == 0);
  const auto document = nlohmann::json::parse(check.output);
  CHECK(document["tables"][0]["name"] == "t: A100-X gemm bfloat16");
  CHECK(document["tables"][0]["rows"] == 84);
  CHECK(document["tables"][0]["median_abs_error"] < 0.05);
  CHECK(document["rows"][0]["n"] == "256");

  const std::string header = "gpu,gemm_dtype,m,n,k,latency_us\n";
  const auto error_of = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "calibrate");
    const auto result = espalier(words);
    CHECK(result.status == 2);
    return result.errors;
  };
  const auto mentions = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  CHECK(mentions(error_of({"fit", write("a.csv", header + "A,bf16,0,1,1,2\n"), "-o", profile}),
                 "a.csv:2:8: error: m: expected a whole number from 1 to 2147483648, got '0'"));
  CHECK(mentions(error_of({"fit", write("b.csv", "gpu,m\nA,1\n"), "-o", profile}),
                 "b.csv: error: holds no measured times in a form that we know"));
  CHECK(mentions(error_of({"check", profile, write("d.csv", header + "B,bf16,1,1,1,2\n")}),
                 "nothing was measured on a 'A100-X'; the files are of: B"));
  CHECK(mentions(error_of({"check", profile, write("e.csv", header + "A100-X,fp8,1,1,1,2\n")}),
                 "the profile has no gemm fp8"));
  for (const std::string bad : {"1.5", "1e300", "nan", "inf", "-3"}) {
    CHECK(mentions(
        error_of({"fit", write("f.csv", header + "A,bf16,1," + bad + ",1,2\n"), "-o", profile}),
        "f.csv:2:10: error: n: expected a whole number from 1 to 2147483648, got '" + bad + "'"));
  }
  for (const std::string bad : {"0", "1e300", "nan", "inf", "-3"}) {
    CHECK(mentions(
        error_of({"fit", write("g.csv", header + "A,bf16,1,1,1," + bad + "\n"), "-o", profile}),
        "g.csv:2:14: error: latency_us: expected a time in us from 0.001 to"));
  }
  CHECK(
      mentions(error_of({"fit", write("h.csv", header + "A,hlaf,1,1,1,2\n"), "-o", profile}),
               "h.csv:2:3: error: gemm_dtype: unknown type 'hlaf'\n  hint: did you mean 'half'?"));
  CHECK(mentions(error_of({"fit", measured}), "expected -o PROFILE.yaml, the profile to write"));
  CHECK(mentions(error_of({"fit", "-o", profile}), "expected files with measured times"));
}

TEST_CASE(
    "program: calibrate takes no option that says nothing, and no target that it would lose") {
  const cli::ScratchDirectory folder;
  const std::string measured = (folder.path() / "t.csv").string();
  const std::string link = (folder.path() / "link.csv").string();
  const std::string text =
      "gpu,gemm_dtype,m,n,k,latency_us\nA100-X,bf16,64,64,64,3\nA100-X,bf16,640,640,640,9\n";
  std::ofstream{measured} << text;
  const std::string hard = (folder.path() / "hard.csv").string();
  std::filesystem::create_symlink(measured, link);
  std::filesystem::create_hard_link(measured, hard);
  const std::string profile = (folder.path() / "p.yaml").string();
  REQUIRE(espalier({"calibrate", "fit", measured, "-o", profile}).status == 0);
  struct Case {
    std::vector<std::string> words;
    std::string message;
  };
  for (const Case& each :
       {Case{{"fit", measured, "-o", measured}, "would be lost"},
        Case{{"fit", measured, "-o", link}, "would be lost"},
        Case{{"fit", link, "-o", measured}, "would be lost"},
        Case{{"fit", measured, "-o", folder.path().string()}, "is a directory; expected a file"},
        Case{{"fit", measured, "-o", (folder.path() / "no" / "p.yaml").string()},
             "lies in a directory that is not there"},
        Case{{"fit", measured, "-o", hard}, "would be lost"},
        Case{{"fit", measured, "-o", "/proc/p.yaml"},
             "--output: error: '/proc/p.yaml' lies in a directory that cannot be written to"},
        Case{{"fit", measured, "-o", "-"}, "'-' is no file"},
        Case{{"fit", measured, "-o", profile, "--json"},
             "--json: error: 'espalier calibrate fit' has no such option\n  hint: check has"},
        Case{{"show", profile, "--json"}, "'espalier calibrate show' has no such option"},
        Case{{"show", profile, "-o", profile}, "has no such option\n  hint: fit and compare have"},
        Case{{"compare", profile, "--gpu", "a100"},
             "'espalier calibrate compare' has no such option"},
        Case{{"check", profile, measured, "--note", "x"},
             "'espalier calibrate check' has no such option"},
        Case{{"fit", measured, "-o", profile, "--ranks", "8"}, "--ranks: error: no file needs it"},
        Case{{"check", profile, measured, "--gpu", "h100"},
             "--gpu: error: the profile is not of a 'h100', but of a 'A100-X'"},
        Case{{"check", profile},
             "expected a profile and files with measured times, found one file\n"
             "  usage: espalier calibrate check PROFILE.yaml MEASURED... [--json]\n"},
        Case{{"show"}, "found none\n  usage: espalier calibrate show PROFILE.yaml\n"},
        Case{{"compare", profile, profile},
             "found 2 files\n  usage: espalier calibrate compare PROFILE.yaml [-o DIR]\n"},
        Case{{"fit", measured}, "\n  usage: espalier calibrate fit MEASURED... -o PROFILE.yaml"},
        Case{{}, "expected one of: fit, check, show, compare"}}) {
    std::vector<std::string> words = each.words;
    words.insert(words.begin(), "calibrate");
    const auto result = espalier(words);
    CAPTURE(result.errors);
    CAPTURE(each.message);
    CHECK(result.status == 2);
    CHECK(result.errors.find(each.message) != std::string::npos);
  }
  std::ifstream again{measured};
  CHECK(std::string{std::istreambuf_iterator<char>{again}, {}} == text);
}

TEST_CASE("program: calibrate says which GPUs' rows it leaves out") {
  const cli::ScratchDirectory folder;
  const std::string measured = (folder.path() / "t.csv").string();
  const std::string profile = (folder.path() / "p.yaml").string();
  std::ofstream{measured} << "gpu,op,nccl_dtype,nranks,bytes,time_us\n"
                          << "a100_sxm,all_reduce,half,8,1048576,30\n"
                          << "h100_sxm,all_reduce,half,8,1048576,20\n"
                          << "h100_sxm,all_reduce,half,8,2097152,30\n"
                          << "b200_sxm,all_reduce,half,8,2097152,15\n";
  const auto fit = espalier({"calibrate", "fit", measured, "--gpu", "a100", "-o", profile});
  CHECK(fit.status == 0);
  CHECK(fit.errors == "note: left out are 2 rows of h100_sxm, 1 row of b200_sxm\n");
  const auto check = espalier({"calibrate", "check", profile, measured, "--json"});
  CHECK(check.status == 0);
  CHECK(check.errors == "note: left out are 2 rows of h100_sxm, 1 row of b200_sxm\n");
  CHECK(nlohmann::json::parse(check.output)["rows"][0]["nodes"] == "1");
  // A file that is all of other GPUs is left out like a row, if another file is not.
  const std::string other = (folder.path() / "other.csv").string();
  std::ofstream{other} << "gpu,op,nccl_dtype,nranks,bytes,time_us\n"
                       << "h100_sxm,all_reduce,half,8,1048576,20\n";
  const auto both = espalier({"calibrate", "check", profile, other, measured});
  CHECK(both.status == 0);
  CHECK(both.errors == "note: left out are 3 rows of h100_sxm, 1 row of b200_sxm\n");
  // And so it is for a profile of several GPUs.
  const std::string two = (folder.path() / "two.yaml").string();
  std::ofstream{other} << "gpu,op,nccl_dtype,nranks,bytes,time_us\n"
                       << "h100_sxm,all_reduce,half,8,1048576,20\n"
                       << "a100_sxm,all_reduce,half,8,1048576,30\n";
  REQUIRE(espalier({"calibrate", "fit", other, "-o", two}).status == 0);
  const auto several = espalier({"calibrate", "check", two, measured});
  CHECK(several.status == 0);
  CHECK(several.errors == "note: left out are 1 row of b200_sxm\n");
}

TEST_CASE("program: an option that one of several files needs is not refused for the others") {
  const cli::ScratchDirectory folder;
  const std::string table = (folder.path() / "t.csv").string();
  const std::string log = (folder.path() / "log.txt").string();
  const std::string profile = (folder.path() / "p.yaml").string();
  std::ofstream{table} << "gpu,op,nccl_dtype,nranks,bytes,time_us\n"
                       << "h100_sxm,broadcast,half,8,1048576,30\n";
  std::ofstream{log} << "1048576 262144 float none 0 30.00 34.95 34.95 0 30.00 34.95 34.95 0\n";
  const std::vector<std::string> said{"--collective", "broadcast", "--ranks", "8"};
  std::vector<std::string> fit{"calibrate", "fit", table, log, "--gpu", "h100", "-o", profile};
  fit.insert(fit.end(), said.begin(), said.end());
  const auto fitted = espalier(fit);
  CAPTURE(fitted.errors);
  REQUIRE(fitted.status == 0);
  std::vector<std::string> check{"calibrate", "check", profile, table, log};
  check.insert(check.end(), said.begin(), said.end());
  const auto checked = espalier(check);
  CAPTURE(checked.errors);
  CHECK(checked.status == 0);
}

TEST_CASE("program: calibrate puts kernels and collectives of one GPU together, and shows them") {
  const cli::ScratchDirectory folder;
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream{folder.path() / name} << text;
    return (folder.path() / name).string();
  };
  std::string gemm = "gpu,gemm_dtype,m,n,k,latency_us\n";
  std::string nccl = "gpu,nccl_version,op,nccl_dtype,nranks,bytes,time_us\n";
  for (int i = 0; i < 12; ++i) {
    const std::string size = std::to_string(1024LL << i);
    gemm += "H100-SXM-80GB,bfloat16," + size + ",4096,4096," + std::to_string(10 << i) + "\n";
    nccl += "h100_sxm,2.27.3,all_reduce,half,8," + size + "," + std::to_string(16 + (2 * i)) + "\n";
    nccl += "b200_sxm,2.27.3,all_reduce,half,8," + size + "," + std::to_string(26 + i) + "\n";
  }
  const std::string gemm_file = write("gemm.csv", gemm);
  const std::string nccl_file = write("nccl.csv", nccl);
  const std::string profile = (folder.path() / "p.yaml").string();
  const auto fit =
      espalier({"calibrate", "fit", gemm_file, nccl_file, "--gpu", "h100", "-o", profile});
  CAPTURE(fit.errors);
  REQUIRE(fit.status == 0);
  const auto show = espalier({"calibrate", "show", profile});
  REQUIRE(show.status == 0);
  CHECK(show.output.starts_with(
      "H100-SXM-80GB, fitted from\n  gemm.csv\n  nccl.csv (NCCL 2.27.3)\n"));
  CHECK(show.output.find("ring ll ") != std::string::npos);
  // The other GPU's rows are passed over.
  const auto check = espalier({"calibrate", "check", profile, nccl_file, "--json"});
  REQUIRE(check.status == 0);
  const auto document = nlohmann::json::parse(check.output);
  REQUIRE(document["tables"].size() == 1);
  CHECK(document["tables"][0]["rows"] == 12);
  CHECK(document["tables"][0]["worst_abs_error"] < 0.1);
  CHECK(document["rows"][0]["op"] == "all_reduce");
  CHECK(document["rows"][0]["nranks"] == "8");
  const std::string plots = (folder.path() / "plots").string();
  const auto compare = espalier({"calibrate", "compare", profile, "-o", plots});
  CAPTURE(compare.errors);
  REQUIRE(compare.status == 0);
  CHECK(std::filesystem::exists(plots + "/H100-SXM-80GB-all-reduce.svg"));
  CHECK(std::filesystem::exists(plots + "/H100-SXM-80GB-gemm-bfloat16.png"));
}

TEST_CASE("program: with a profile, collectives take what its server took, from 8 B to 8 GiB") {
  const cli::ScratchDirectory folder;
  const std::string measured = (folder.path() / "nccl.csv").string();
  const std::string profile = (folder.path() / "p.yaml").string();
  {
    // 20 us and 200 GB/s of bus bandwidth, over eight ranks.
    std::ofstream out{measured};
    out << "gpu,op,nccl_dtype,nranks,bytes,time_us\n";
    for (long long bytes = 8; bytes <= (8LL << 30); bytes *= 2) {
      out << "a100_sxm,all_reduce,half,8," << bytes << ","
          << 20 + (1.75 * static_cast<double>(bytes) / 200e3) << "\n";
    }
  }
  REQUIRE(espalier({"calibrate", "fit", measured, "-o", profile}).status == 0);
  const auto run =
      espalier({"collective", "--topology", "gpu-cluster:1x8,nvlink=300GB/s,100ns", "--profile",
                profile, "--algorithms", "nccl,ring", "--sizes", "8B..8GiB", "--json"});
  CAPTURE(run.errors);
  REQUIRE(run.status == 0);
  const auto document = nlohmann::json::parse(run.output);
  CHECK(document["profile"]["provenance"] == "fitted");
  CHECK(document["results"].size() == 2 * 31);
  for (const auto& row : document["results"]) {
    if (row["algorithm"] == "nccl") {
      const double bytes = row["bytes"];
      const double expected = 20e-6 + (1.75 * bytes / 200e9);
      CAPTURE(bytes);
      CHECK(row["time_s"].get<double>() / expected == doctest::Approx(1).epsilon(0.03));
    }
  }
  CHECK(document["results"][0]["method"] == "ring ll");
  const auto without = espalier({"collective", "--topology", "ring:4", "--algorithms", "nccl"});
  CHECK(without.status == 2);
  CHECK(without.errors.find("'nccl' needs a profile") != std::string::npos);
  const auto gather = espalier(
      {"collective", "--topology", "ring:4", "--collective", "gather", "--profile", profile});
  CHECK(gather.status == 2);
  CHECK(gather.errors.find("a profile knows no costs of 'gather'") != std::string::npos);
}

TEST_CASE("program: the library's choice, on any network, of any size, in any group") {
  const std::string profile = std::string{SOURCE_DIR} + "/configs/profiles/h100.yaml";
  struct Case {
    std::string topology;
    std::string sizes;
    std::string group;
    std::string method;
  };
  for (const Case& each :
       {Case{"gpu-cluster:1x8", "0B", "", ""}, Case{"gpu-cluster:1x1", "1MiB", "", ""},
        Case{"gpu-cluster:1x8", "1MiB", "3", ""},
        Case{"gpu-cluster:1x8", "64MiB", "", "nvls simple"},
        // No switch has a cable to all of these, so that none can add.
        Case{"torus:4x4", "64MiB", "", "ring ll128"}, Case{"fat-tree:4", "64MiB", "", "ring ll128"},
        Case{"gpu-cluster:2x8", "1KiB", "", "tree ll"}}) {
    std::vector<std::string> words{"collective", "--topology",   each.topology, "--profile",
                                   profile,      "--algorithms", "nccl",        "--sizes",
                                   each.sizes,   "--json"};
    if (!each.group.empty()) {
      words.insert(words.end(), {"--group", each.group});
    }
    const auto run = espalier(words);
    CAPTURE(each.topology);
    CAPTURE(each.sizes);
    CAPTURE(run.errors);
    REQUIRE(run.status == 0);
    const auto row = nlohmann::json::parse(run.output)["results"][0];
    CHECK(row.value("method", "") == each.method);
  }
}

TEST_CASE("program: a profile of several GPUs needs one named") {
  const cli::ScratchDirectory folder;
  const std::string measured = (folder.path() / "nccl.csv").string();
  const std::string profile = (folder.path() / "p.yaml").string();
  {
    std::ofstream out{measured};
    out << "gpu,op,nccl_dtype,nranks,bytes,time_us\n"
        << "a100_sxm,all_reduce,half,8,1048576,30\nh100_sxm,all_reduce,half,8,1048576,20\n";
  }
  REQUIRE(espalier({"calibrate", "fit", measured, "-o", profile}).status == 0);
  const std::vector<std::string> words{
      "collective", "--topology", "gpu-cluster:1x8", "--profile", profile,
      "--sizes",    "1MiB",       "--json",          "-a",        "nccl"};
  const auto unsaid = espalier(words);
  CHECK(unsaid.status == 2);
  CHECK(unsaid.errors.find("the profile is of several GPUs: a100_sxm, h100_sxm") !=
        std::string::npos);
  double seconds[2]{};
  std::string hashes[2];
  for (const int i : {0, 1}) {
    std::vector<std::string> named = words;
    named.insert(named.end(), {"--set", i == 0 ? "gpu=a100_sxm" : "gpu=h100_sxm"});
    const auto run = espalier(named);
    CAPTURE(run.errors);
    REQUIRE(run.status == 0);
    const auto document = nlohmann::json::parse(run.output);
    seconds[i] = document["results"][0]["time_s"];
    hashes[i] = document["scenario_hash"];
  }
  CHECK(1e6 * seconds[0] == doctest::Approx(30).epsilon(0.1));
  CHECK(1e6 * seconds[1] == doctest::Approx(20).epsilon(0.1));
  CHECK(hashes[0] != hashes[1]);
}

TEST_CASE("program: validate takes several tables, and sums up each") {
  const std::string text =
      "topology,nodes,algorithm,data_kib,NIs_per_node,message_size_B,variant,total_cycles\n"
      "torus4x4,16,ring,32,1,256,authors,9344\n";
  const cli::ScratchDirectory folder;
  for (const char* name : {"first.csv", "second.csv"}) {
    std::ofstream{folder.path() / name} << text;
  }
  const auto result = espalier({"validate", "multitree", (folder.path() / "first.csv").string(),
                                (folder.path() / "second.csv").string(), "--json"});
  CAPTURE(result.errors);
  REQUIRE(result.status == 0);
  const auto document = nlohmann::json::parse(result.output);
  REQUIRE(document["tables"].size() == 2);
  CHECK(document["tables"][0]["name"] == "first");
  CHECK(document["tables"][1]["name"] == "second");
  CHECK(document["tables"][1]["rows"] == 1);
  REQUIRE(document["rows"].size() == 2);
  CHECK(document["rows"][1]["table"] == "second");
}

TEST_CASE("program: validate refuses rows that it cannot make") {
  const std::string header =
      "topology,nodes,algorithm,data_kib,NIs_per_node,message_size_B,variant,total_cycles\n";
  const std::vector<std::pair<std::string, std::string>> cases{
      {header + "torus4y4,16,ring,32,1,256,authors,9344\n",
       "t.csv:2:1: error: topology: cannot make"},
      {header + "torus4x4,16,rings,32,1,256,authors,9344\n", "did you mean 'ring'?"},
      {header + "torus4x4,16,ring,32,1,128,authors,9344\n", "message_size_B: expected 256 or 0"},
      {header + "torus4x4,16,ring,32,0,256,authors,9344\n",
       "NIs_per_node: expected a whole number"},
      {header + "torus4x4,16,ring,32,1,256,mine,9344\n", "variant: expected authors or locality"},
      {header + "torus4x4,16,ring,32,1,256,authors,0\n", "total_cycles: expected a whole number"},
      {header, "the table has no rows"},
      {"topology\ntorus4x4\n", "missing column"},
  };
  for (const auto& [text, error] : cases) {
    CAPTURE(text);
    const auto result = with_file("t.csv", text, {"validate", "multitree", "FILE"});
    CAPTURE(result.errors);
    CHECK(result.status == 2);
    CHECK(result.errors.find(error) != std::string::npos);
  }
  CHECK(espalier({"validate", "multitre"}).status == 2);
}

TEST_CASE("program: every command explains itself") {
  CHECK(espalier({"--help"}).status == 0);
  CHECK(espalier({"--version"}).output.starts_with("espalier 0."));
  for (const std::string command :
       {"run", "collective", "topology", "schedule", "flows", "validate"}) {
    const auto help = espalier({command, "--help"});
    CHECK(help.status == 0);
    CHECK(help.output.find("examples:\n  espalier " + command) != std::string::npos);
    CHECK(help.output == espalier({"help", command}).output);
  }
}

TEST_CASE("program: a topology survives the way to GraphML and back") {
  const cli::ScratchDirectory directory;
  const std::string file = (directory.path() / "pod.graphml").string();
  REQUIRE(espalier({"topology", "convert", "gpu-cluster:2x4", "-o", file}).status == 0);
  const std::vector<std::string> rest{"--sizes", "1MiB", "--algorithms", "ring,hierarchical",
                                      "--json"};
  std::vector<std::string> from_file{"collective", "--topology", file};
  std::vector<std::string> direct{"collective", "--topology", "gpu-cluster:2x4"};
  from_file.insert(from_file.end(), rest.begin(), rest.end());
  direct.insert(direct.end(), rest.begin(), rest.end());
  CHECK(nlohmann::json::parse(espalier(from_file).output)["results"] ==
        nlohmann::json::parse(espalier(direct).output)["results"]);
}
