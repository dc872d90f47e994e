// What nccl-tests writes with -J. Its truths are strings ("true"), and so are its roots ("    -1").

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/json_input.hpp"
#include "cli/nccl_tests_input.hpp"
#include "cli/nccl_tests_run.hpp"
#include "cli/number_types.hpp"
#include "sim/error.hpp"
#include "sim/suggest.hpp"

namespace cli {
namespace {

std::int64_t integer(const JsonPlace& place, std::int64_t least, std::int64_t most) {
  if (!place.value().is_number_integer() ||
      (place.value().is_number_unsigned() &&
       place.value().get<std::uint64_t>() > static_cast<std::uint64_t>(most)) ||
      place.value().get<std::int64_t>() < least || place.value().get<std::int64_t>() > most) {
    place.fail(fmt::format("expected a whole number from {} to {}, got {}", least, most,
                           place.value().dump()));
  }
  return place.value().get<std::int64_t>();
}

std::string string(const JsonPlace& place) {
  if (!place.value().is_string()) {
    place.fail(fmt::format("expected a string, got {}", place.value().dump()));
  }
  return place.value().get<std::string>();
}

/// The collective that the program is named after; nothing for a program that is not nccl-tests'.
std::optional<collectives::Collective> collective_of(const JsonPlace& document) {
  if (!document.has("args") || document.at("args").size() == 0) {
    return std::nullopt;
  }
  const JsonPlace program = document.at("args").at(std::size_t{0});
  std::string name = string(program);
  name.erase(0, name.rfind('/') + 1);  // npos + 1 is 0
  const std::size_t end = name.rfind("_perf");
  if (end == std::string::npos) {
    return std::nullopt;
  }
  name.resize(end);
  const auto collective = collective_named(name);
  if (!collective) {
    program.fail(unknown_collective(name));
  }
  return collective;
}

std::vector<NcclTestsDevice> devices_of(const JsonPlace& list) {
  std::vector<NcclTestsDevice> out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const JsonPlace each = list.at(i);
    out.push_back({.rank = integer(each.at("rank"), 0, ranks_most),
                   .group = each.has("group") ? integer(each.at("group"), 0, ranks_most) : 0,
                   .host = string(each.at("hostname")),
                   .gpu = string(each.at("device_info"))});
  }
  return out;
}

NcclTestsTiming timing_of(const JsonPlace& place, const NcclTestsOptions& options) {
  const bool is_cpu = place.has("cpu_time");
  if (is_cpu && options.cpu_times == CpuTimes::refuse) {
    place.at("cpu_time")
        .fail(
            "this is the time that the CPU took to launch, not that of the collective\n"
            "  hint: run it without -C 1");
  }
  constexpr double half_unit = 0.5e-6;  // %lf
  constexpr double most = 1e15;
  NcclTestsTiming out{
      .time_us = {place.at(is_cpu ? "cpu_time" : "time").number(time_us_least, time_us_most),
                  half_unit},
      .algbw_GBps = {place.at("alg_bw").number(0, most), half_unit},
      .busbw_GBps = {place.at("bus_bw").number(0, most), half_unit}};
  if (place.has("nwrong") && place.at("nwrong").value().is_number()) {
    out.is_wrong = place.at("nwrong").number(0, most) >= 1;
  }
  return out;
}

NcclTestsRow row_of(const JsonPlace& place, std::size_t index, const NcclTestsOptions& options) {
  const std::int64_t most = sim::bytes_max.count();
  NcclTestsRow row{.place = static_cast<std::int64_t>(index),
                   .bytes = sim::Bytes{integer(place.at("size"), 0, most)},
                   .count = integer(place.at("count"), 0, most),
                   .dtype = string(place.at("type")),
                   .out_of_place = {}};
  if (find_number_type(row.dtype) == nullptr) {
    place.at("type").fail(fmt::format("unknown type '{}'\n  hint: {}", row.dtype,
                                      sim::suggestion(row.dtype, number_type_names())));
  }
  const std::string op = string(place.at("redop"));
  if (!op.empty()) {
    row.op = op == "none" ? OperatorColumn::none : OperatorColumn::some;
  }
  // "    -1", "     0", or without the quotes.
  row.has_root = place.at("root").value().dump().find('-') == std::string::npos;
  if (row.bytes > sim::Bytes{0}) {
    row.out_of_place = timing_of(place.at("out_of_place"), options);
    if (place.has("in_place") && !place.at("in_place").value().is_null()) {
      row.in_place = timing_of(place.at("in_place"), options);
    }
  }
  return row;
}

}  // namespace

std::vector<CollectiveTable> read_nccl_tests_json(const std::string& file, std::string_view text,
                                                  const NcclTestsOptions& options) {
  const JsonSource source{file, std::string{text}};
  const nlohmann::ordered_json parsed = parse_json(source);
  const JsonPlace document{source, parsed};
  const JsonPlace results = document.at("results");
  NcclTestsRun run;
  if (!options.collective) {
    run.collective = collective_of(document);
  }
  if (document.has("nccl_version")) {
    run.nccl = nccl_version_text(integer(document.at("nccl_version"), 1'000, 1'000'000));
  }
  if (document.has("config")) {
    const JsonPlace config = document.at("config");
    constexpr std::int64_t most = std::int64_t{1} << 16;
    run.ranks_per_process =
        integer(config.at("nthreads"), 1, most) * integer(config.at("ngpus"), 1, most);
    // Version 3 closes the object after the list.
    const JsonPlace& holder = config.has("devices") ? config : document;
    if (holder.has("devices")) {
      run.devices = devices_of(holder.at("devices"));
    }
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    NcclTestsRow row = row_of(results.at(i), i, options);
    if (row.bytes > sim::Bytes{0}) {
      run.rows.push_back(std::move(row));
    }
  }
  if (run.rows.empty()) {
    results.fail("no result with bytes to send");
  }
  std::vector<CollectiveTable> out;
  add_run(out, run, file, options, [&](std::int64_t index, const std::string& what) {
    results.at(static_cast<std::size_t>(index)).fail(what);
  });
  return out;
}

}  // namespace cli
