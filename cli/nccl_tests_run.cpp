#include "cli/nccl_tests_run.hpp"
#include "cli/number_types.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cli {
namespace {

using collectives::Collective;

/// What the rows of a program show.
struct Shape {
  Collective collective;
  bool has_root;
  bool counts_shares;  // count is what one rank has, size / ranks
  bool may_have_operator;
  bool may_have_none;
};
constexpr std::array shapes{
    Shape{Collective::all_reduce, false, false, true, false},
    Shape{Collective::reduce_scatter, false, true, true, false},
    Shape{Collective::all_gather, false, true, false, true},
    Shape{Collective::broadcast, true, false, false, true},
    Shape{Collective::reduce, true, false, true, false},
    Shape{Collective::all_to_all, false, true, false, true},
    Shape{Collective::gather, true, true, false, true},
    Shape{Collective::scatter, true, true, false, true},
    // sendrecv_perf prints an operator that it does not use.
    Shape{Collective::send_receive, false, false, true, true},
};

std::int64_t bytes_of(std::string_view dtype) {
  const NumberType* const type = find_number_type(dtype);
  return type == nullptr ? 1 : type->bytes;
}

const Shape& shape_of(Collective collective) {
  return *std::ranges::find(shapes, collective, &Shape::collective);
}

/// The ranks of a row whose count is a share of its size; nothing if it is none.
std::optional<std::int64_t> ranks_by_count(const NcclTestsRow& row) {
  const std::int64_t share = row.count * bytes_of(row.dtype);
  if (share == 0 || row.bytes.count() % share != 0 || row.bytes.count() / share < 2) {
    return std::nullopt;
  }
  return row.bytes.count() / share;
}

/// busbw / algbw, as doc/PERFORMANCE.md of nccl-tests has it.
double bus_factor(Collective collective, double ranks) {
  const double others = (ranks - 1) / ranks;
  if (collective == Collective::all_reduce) {
    return 2 * others;
  }
  return shape_of(collective).counts_shares ? others : 1;
}

/// May `figure` stand for a value from `least` to `most`? Two percent are left to scripts that
/// round once more.
bool may_be_within(const Rounded& figure, double least, double most) {
  constexpr double slack = 0.02;
  return figure.value + figure.half_unit >= least * (1 - slack) &&
         figure.value - figure.half_unit <= most * (1 + slack);
}

double least_of(const Rounded& figure) {
  return std::max(0.0, figure.value - figure.half_unit);
}
double most_of(const Rounded& figure) {
  return figure.value + figure.half_unit;
}

bool has_bus_factor(const NcclTestsTiming& timing, double least, double most) {
  return may_be_within(timing.busbw_GBps, least * least_of(timing.algbw_GBps),
                       most * most_of(timing.algbw_GBps));
}

bool fits(const Shape& shape, const NcclTestsRow& row, std::optional<bool> operator_column) {
  const auto ranks = ranks_by_count(row);
  if (row.has_root != shape.has_root || ranks.has_value() != shape.counts_shares ||
      (row.op == OperatorColumn::some && !shape.may_have_operator) ||
      (row.op != OperatorColumn::some && !shape.may_have_none)) {
    return false;
  }
  // Old layouts have nothing in the column; all-gather's does not have the column.
  if (row.op == OperatorColumn::absent && operator_column &&
      (shape.collective == Collective::all_gather) == *operator_column &&
      (shape.collective == Collective::all_gather || shape.collective == Collective::all_to_all)) {
    return false;
  }
  if (shape.collective == Collective::all_reduce) {
    return has_bus_factor(row.out_of_place, 1, 2);
  }
  const double factor = bus_factor(shape.collective, static_cast<double>(ranks.value_or(2)));
  return has_bus_factor(row.out_of_place, factor, factor);
}

/// "nccl_allreduce" names all-reduce; "nccl" and "allreduce_and_broadcast" name nothing.
std::optional<Collective> collective_in(const std::string& file) {
  std::string name;
  for (const char letter : std::filesystem::path{file}.stem().string()) {
    if (letter != '_' && letter != '-' && letter != ' ' && letter != '.') {
      name += letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    }
  }
  // Those that hold another one come first, and are taken out.
  constexpr std::array<std::string_view, 9> names{"allreduce", "reducescatter", "allgather",
                                                  "alltoall",  "sendrecv",      "broadcast",
                                                  "reduce",    "gather",        "scatter"};
  std::optional<Collective> found;
  for (const std::string_view each : names) {
    for (std::size_t at = 0; (at = name.find(each)) != std::string::npos;) {
      const auto collective = collective_named(each);
      if (found && found != collective) {
        return std::nullopt;
      }
      found = collective;
      name.replace(at, each.size(), 1, ' ');
    }
  }
  return found;
}

Collective collective_of(const NcclTestsRun& run, const std::string& file,
                         const NcclTestsOptions& options, const FailAtRow& fail) {
  if (options.collective) {
    return *options.collective;
  }
  if (run.collective) {
    return *run.collective;
  }
  if (const auto named = collective_in(file)) {
    return *named;
  }
  std::vector<Shape> fitting{shapes.begin(), shapes.end()};
  for (const NcclTestsRow& row : run.rows) {
    std::erase_if(fitting,
                  [&](const Shape& shape) { return !fits(shape, row, run.has_operator_column); });
    if (fitting.empty()) {
      fail(row.place,
           "no collective has this row, and those before it\n"
           "  hint: say which it is: --collective, or a name of the file");
    }
  }
  if (fitting.size() > 1) {
    std::vector<std::string_view> names;
    std::ranges::transform(fitting, std::back_inserter(names),
                           [](const Shape& shape) { return name_of(shape.collective); });
    fail(run.rows.front().place,
         fmt::format("the rows from here on could be {}\n"
                     "  hint: say which it is: --collective, or a name of the file",
                     fmt::join(names, " or ")));
  }
  return fitting.front().collective;
}

/// The number of ranks in the communicator that the rows are of; nothing if there is no list.
std::optional<std::int64_t> listed_ranks(const NcclTestsRun& run, const FailAtRow& fail) {
  const std::int64_t per_process = run.ranks_per_process;
  if (run.devices.empty()) {
    return std::nullopt;
  }
  std::set<std::int64_t> ranks;
  std::set<std::int64_t> groups;
  std::int64_t in_first_group = 0;
  for (const NcclTestsDevice& device : run.devices) {
    groups.insert(device.group);
    in_first_group += device.group == run.devices.front().group ? 1 : 0;
    if (!ranks.insert(device.rank).second) {
      fail(run.rows.front().place,
           fmt::format("rank {} is listed twice\n  hint: built without MPI, nccl-tests runs every "
                       "process on its own",
                       device.rank));
    }
  }
  // The JSON lists only the first rank of each process.
  const bool lists_processes = std::ranges::all_of(
      run.devices, [&](const NcclTestsDevice& device) { return device.rank % per_process == 0; });
  const std::int64_t listed = in_first_group * (lists_processes ? per_process : 1);
  // The text stops after 2048 letters.
  return groups.size() == 1 ? std::max(listed, per_process) : listed;
}

/// The only n with which 2 (n - 1) / n = busbw / algbw for all rows, as far as they are printed.
std::int64_t ranks_by_bus_factor(const NcclTestsRun& run, const FailAtRow& fail) {
  const auto ranks_at = [](double factor) {
    return factor < 2 ? 2 / (2 - factor) : std::numeric_limits<double>::infinity();
  };
  double least = 2;
  auto most = static_cast<double>(ranks_most);
  for (const NcclTestsRow& row : run.rows) {
    const NcclTestsTiming& timing = row.out_of_place;
    least = std::max(least, ranks_at(least_of(timing.busbw_GBps) / most_of(timing.algbw_GBps)));
    if (least_of(timing.algbw_GBps) > 0) {
      most = std::min(most, ranks_at(most_of(timing.busbw_GBps) / least_of(timing.algbw_GBps)));
    }
  }
  constexpr double rounding = 1e-9;
  least = std::ceil(least * (1 - rounding));
  most = std::floor(most * (1 + rounding));
  if (least < most || least > most) {
    fail(run.rows.front().place,
         fmt::format("missing the number of ranks, and busbw / algbw {}\n  hint: say it: --ranks",
                     least > most ? "of the rows from here on fits none"
                                  : fmt::format("fits {} to {}", least, most)));
  }
  return static_cast<std::int64_t>(least);
}

std::int64_t ranks_of(const NcclTestsRun& run, Collective collective,
                      const NcclTestsOptions& options, const FailAtRow& fail) {
  if (options.ranks) {
    return *options.ranks;
  }
  const std::int64_t place = run.rows.front().place;
  if (const auto listed = listed_ranks(run, fail)) {
    if (*listed < 2) {
      fail(place,
           "a run on 1 rank tells nothing of a network\n  hint: built without MPI, nccl-tests "
           "runs every process on its own");
    }
    return *listed;
  }
  if (collective == Collective::all_reduce) {
    return ranks_by_bus_factor(run, fail);
  }
  const auto counted = ranks_by_count(run.rows.front());
  if (!shape_of(collective).counts_shares || !counted) {
    fail(place,
         "missing the number of ranks: there is no list of devices\n  hint: say it: "
         "--ranks");
  }
  return *counted;
}

/// Throws at bandwidths that are not those of this collective, size and time.
void check(const NcclTestsRow& row, const NcclTestsTiming& timing, Collective collective,
           std::int64_t ranks, const FailAtRow& fail) {
  constexpr double bytes_per_us = 1e3;  // in 1 GB/s
  const double kilobytes = static_cast<double>(row.bytes.count()) / bytes_per_us;
  if (!may_be_within(timing.algbw_GBps, kilobytes / most_of(timing.time_us),
                     kilobytes / std::max(least_of(timing.time_us), time_us_least / 2))) {
    fail(row.place,
         fmt::format("algbw is {}, but {} B in {} us are {:.4g} GB/s", timing.algbw_GBps.value,
                     row.bytes.count(), timing.time_us.value, kilobytes / timing.time_us.value));
  }
  const double factor = bus_factor(collective, static_cast<double>(ranks));
  if (!has_bus_factor(timing, factor, factor)) {
    fail(row.place,
         fmt::format("busbw is {} and algbw {}, but over {} ranks {} has {:.4g} times algbw\n"
                     "  hint: if the file is right, say what it is: --collective and --ranks",
                     timing.busbw_GBps.value, timing.algbw_GBps.value, ranks, name_of(collective),
                     factor));
  }
}

std::string gpu_of(const NcclTestsRun& run, const NcclTestsOptions& options,
                   const FailAtRow& fail) {
  if (!options.gpu.empty() || run.devices.empty()) {
    return options.gpu;
  }
  const std::string& first = run.devices.front().gpu;
  const auto other = std::ranges::find_if(
      run.devices, [&](const NcclTestsDevice& device) { return device.gpu != first; });
  if (other != run.devices.end()) {
    fail(run.rows.front().place,
         fmt::format("the ranks are on different GPUs, '{}' and '{}'", first, other->gpu));
  }
  return first;
}

std::int64_t nodes_of(const NcclTestsRun& run) {
  std::set<std::string_view> hosts;
  for (const NcclTestsDevice& device : run.devices) {
    if (device.group == run.devices.front().group) {
      hosts.insert(device.host);
    }
  }
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(hosts.size()));
}

}  // namespace

std::string nccl_version_text(std::int64_t code) {
  constexpr std::int64_t five_digits = 10'000;  // from 2.9 on
  const std::int64_t major = code / (code < five_digits ? 1'000 : five_digits);
  return fmt::format("{}.{}.{}", major, (code % (code < five_digits ? 1'000 : five_digits)) / 100,
                     code % 100);
}

void add_run(std::vector<CollectiveTable>& tables, const NcclTestsRun& run, const std::string& file,
             const NcclTestsOptions& options, const FailAtRow& fail) {
  const Collective collective = collective_of(run, file, options, fail);
  const std::int64_t ranks = ranks_of(run, collective, options, fail);
  if (ranks < 2 || ranks > ranks_most) {
    fail(run.rows.front().place, fmt::format("expected 2 to {} ranks, got {}", ranks_most, ranks));
  }
  auto& samples = samples_of(tables, gpu_of(run, options, fail), run.nccl,
                             std::filesystem::path{file}.stem().string());
  for (const NcclTestsRow& row : run.rows) {
    check(row, row.out_of_place, collective, ranks, fail);
    if (row.out_of_place.is_wrong) {
      fail(row.place, "results were wrong, so the time says nothing");
    }
    CollectiveSample sample{
        .collective = collective,
        .dtype = row.dtype,
        .ranks = static_cast<std::int32_t>(ranks),
        .nodes = options.nodes.value_or(static_cast<std::int32_t>(nodes_of(run))),
        .bytes = row.bytes,
        .seconds = row.out_of_place.time_us.value * 1e-6};
    if (row.in_place && !row.in_place->is_wrong) {
      check(row, *row.in_place, collective, ranks, fail);
      sample.in_place_seconds = row.in_place->time_us.value * 1e-6;
    }
    samples.push_back(std::move(sample));
  }
}

}  // namespace cli
