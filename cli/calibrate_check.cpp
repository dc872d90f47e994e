#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "calibration/profile.hpp"
#include "cli/calibrate.hpp"
#include "cli/json_document.hpp"
#include "cli/measured_data.hpp"
#include "cli/terminal.hpp"
#include "cli/validation.hpp"
#include "sim/error.hpp"
#include "workloads/library_collective.hpp"

namespace cli {
namespace {

/// What nccl-tests calls a collective.
std::string_view nccl_name(collectives::Collective collective) {
  using enum collectives::Collective;
  switch (collective) {
    case all_reduce:
      return "all_reduce";
    case all_gather:
      return "all_gather";
    case reduce_scatter:
      return "reduce_scatter";
    case all_to_all:
      return "alltoall";
    case send_receive:
      return "sendrecv";
    default:
      return collectives::name_of(collective);
  }
}

/// Predicts rows, table by table.
class Checker {
 public:
  Checker(const calibration::Profile& profile, std::string file)
      : profile_{&profile}, file_{std::move(file)} {}

  /// `source` names the file that says this.
  void check(const MeasuredGpu& gpu, const std::string& source) {
    source_ = source;
    const calibration::GpuProfile* const found = profile_->find(gpu.gpu);
    if (found == nullptr) {
      throw sim::Error{source_, fmt::format("the profile is not of '{}'", gpu.gpu)};
    }
    for (const KernelTable& table : gpu.kernels) {
      check_kernel(*found, table);
    }
    for (const CollectiveTable& table : gpu.collectives) {
      check_collectives(*found, table);
    }
  }

  std::vector<ComparedTable> take() { return std::move(tables_); }

 private:
  void check_kernel(const calibration::GpuProfile& gpu, const KernelTable& table) {
    const std::string name = name_of(table.kernel, table.dtype);
    const calibration::ProfiledKernel* const kernel = gpu.find(table.kernel, table.dtype);
    if (kernel == nullptr) {
      throw sim::Error{file_, fmt::format("the profile has no {}", name)};
    }
    ComparedTable compared{.name = fmt::format("{}: {} {}", source_, table.gpu, name), .rows = {}};
    const auto columns = columns_of(table.kernel);
    for (const calibration::KernelSample& sample : table.samples) {
      Compared row{.identity = {{"gpu", table.gpu}, {"gemm_dtype", table.dtype}},
                   .predicted = kernel->fit.seconds(sample.shape),
                   .reference = sample.seconds};
      if (table.kernel == calibration::Kernel::attention) {
        row.identity.pop_back();
      }
      for (std::size_t i = 0; i < columns.size(); ++i) {
        row.identity.emplace_back(columns[i], fmt::format("{}", sample.shape[i]));
      }
      compared.rows.push_back(std::move(row));
    }
    tables_.push_back(std::move(compared));
  }

  /// One table per operation and numbers of ranks and servers.
  void check_collectives(const calibration::GpuProfile& gpu, const CollectiveTable& table) {
    if (!gpu.collectives) {
      throw sim::Error{file_, "the profile has no collectives"};
    }
    using Key = std::tuple<collectives::Collective, std::int32_t, std::int32_t>;
    std::map<Key, ComparedTable> parts;
    for (const CollectiveSample& sample : table.samples) {
      const calibration::CollectiveSample measured = to_fit_sample(sample, gpu.gpu);
      const calibration::CollectiveShape& shape = measured.shape;
      const calibration::CollectiveFit& fit = gpu.collectives->fit;
      ComparedTable& part = parts[{sample.collective, sample.ranks, sample.nodes}];
      part.name = fmt::format("{}: {} {}, {} ranks", table.source, table.gpu,
                              nccl_name(sample.collective), sample.ranks);
      if (sample.nodes > 1) {
        part.name += fmt::format(" on {} servers", sample.nodes);
      }
      part.rows.push_back({.identity = {{"gpu", table.gpu},
                                        {"op", std::string{nccl_name(sample.collective)}},
                                        {"nccl_dtype", sample.dtype},
                                        {"nranks", fmt::format("{}", sample.ranks)},
                                        {"nodes", fmt::format("{}", sample.nodes)},
                                        {"bytes", fmt::format("{}", sample.bytes.count())}},
                           .predicted = workloads::simulate(
                               workloads::servers_of(fit.node(), shape), fit.cost(shape), shape),
                           .reference = sample.seconds});
    }
    for (auto& [key, part] : parts) {
      tables_.push_back(std::move(part));
    }
  }

  const calibration::Profile* profile_;
  std::string file_;
  std::string source_;
  std::vector<ComparedTable> tables_;
};

void print_tables(const std::vector<ComparedTable>& tables) {
  std::size_t width = 10;
  for (const ComparedTable& table : tables) {
    width = std::max(width, table.name.size());
  }
  fmt::print("{:<{}} {:>6} {:>8} {:>8} {:>8}\n", "", width, "rows", "median", "95th", "worst");
  for (const ComparedTable& table : tables) {
    const ErrorSummary summary = summarise(table.rows);
    constexpr double percent = 100;
    fmt::print("{:<{}} {:>6} {:>7.2f}% {:>7.2f}% {:>7.1f}%\n", table.name, width, table.rows.size(),
               percent * summary.median, percent * summary.p95, percent * summary.worst);
  }
}

std::size_t rows_of(const MeasuredGpu& gpu) {
  std::size_t rows = 0;
  for (const KernelTable& table : gpu.kernels) {
    rows += table.samples.size();
  }
  for (const CollectiveTable& table : gpu.collectives) {
    rows += table.samples.size();
  }
  return rows;
}

/// What was measured on a GPU that the profile is of; the others are passed over.
Measured known_to(const calibration::Profile& profile, Measured measured) {
  std::vector<MeasuredGpu> known;
  for (MeasuredGpu& gpu : measured.gpus) {
    if (profile.find(gpu.gpu) == nullptr) {
      add_passed_over(measured.passed_over, {gpu.gpu, rows_of(gpu)});
    } else {
      known.push_back(std::move(gpu));
    }
  }
  measured.gpus = std::move(known);
  return measured;
}

/// What one of several files says, to what all of them say.
void add_to(Measured& all, const Measured& one) {
  all.gpus.insert(all.gpus.end(), one.gpus.begin(), one.gpus.end());
  for (const PassedOver& each : one.passed_over) {
    add_passed_over(all.passed_over, each);
  }
  all.may_leave_open = all.may_leave_open || one.may_leave_open;
}

std::vector<std::string> names_of(const calibration::Profile& profile) {
  std::vector<std::string> names;
  std::ranges::transform(profile.gpus, std::back_inserter(names), &calibration::GpuProfile::gpu);
  return names;
}

}  // namespace

void note_passed_over(const Measured& measured) {
  if (measured.passed_over.empty()) {
    return;
  }
  std::vector<std::string> parts;
  for (const PassedOver& each : measured.passed_over) {
    parts.push_back(
        fmt::format("{} {} of {}", each.rows, each.rows == 1 ? "row" : "rows", each.gpu));
  }
  fmt::print(stderr, "note: left out are {}\n", fmt::join(parts, ", "));
}

int calibrate_check(const Arguments& arguments) {
  std::vector<std::string> paths = arguments.all("files");
  if (paths.size() < 2) {
    fail_usage("check", fmt::format("expected a profile and files with measured times, found {}",
                                    paths.empty() ? "none" : "one file"));
  }
  const std::string file = paths.front();
  paths.erase(paths.begin());
  const calibration::Profile profile = calibration::read_profile(sim::ConfigNode::load(file));
  const std::string of = fmt::format("{}", fmt::join(names_of(profile), "' or '"));
  // A log that does not name its GPU is taken to be of the profile's.
  MeasuredOptions options = measured_options(arguments);
  if (options.gpu.empty() && profile.gpus.size() == 1) {
    options.gpu = profile.gpus.front().gpu;
  }
  if (!options.gpu.empty() && profile.find(options.gpu) == nullptr) {
    throw sim::Error{std::string{"--gpu"},
                     fmt::format("the profile is not of a '{}', but of a '{}'", options.gpu, of)};
  }
  std::vector<Measured> files;
  Measured all;
  for (const std::string& path : paths) {
    files.push_back(known_to(profile, read_measured({path}, options)));
    add_to(all, files.back());
  }
  check_needed(options, all);
  check_any(options.gpu.empty() ? of : options.gpu, all);
  note_passed_over(all);
  Checker checker{profile, file};
  Progress progress{"checking"};
  for (std::size_t i = 0; i < paths.size(); ++i) {
    progress.update(i, paths.size());
    for (const MeasuredGpu& gpu : files[i].gpus) {
      checker.check(gpu, std::filesystem::path{paths[i]}.stem().string());
    }
  }
  progress.finish();
  const std::vector<ComparedTable> tables = checker.take();
  if (tables.empty()) {
    throw sim::Error{file, "there is nothing in the files that a profile can be checked against"};
  }
  if (arguments.has("json")) {
    fmt::print("{}", json_document(to_json(Comparisons{tables})));
  } else {
    print_tables(tables);
  }
  return 0;
}

}  // namespace cli
