// espalier calibrate: profiles of what a GPU takes for its work.

#include <array>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "calibration/profile.hpp"
#include "cli/atomic_file.hpp"
#include "cli/commands.hpp"
#include "cli/csv_input.hpp"
#include "cli/json_document.hpp"
#include "cli/kernel_tables.hpp"
#include "cli/terminal.hpp"
#include "cli/validation.hpp"
#include "sim/error.hpp"
#include "sim/text_file.hpp"

namespace cli {

namespace {

constexpr std::array calibrate_options{
    Option{"output", 'o', "PROFILE", "where fit writes the profile"},
    Option{"json", 0, "", "check prints JSON"},
    Option{"help", 'h', "", "show this"},
};
constexpr std::array<std::string_view, 1> calibrate_words{"what"};

}  // namespace

const Command calibrate_command{
    .name = "calibrate",
    .summary = "fit a profile to measured times of kernels; check one against others",
    .usage =
        "espalier calibrate fit TABLE.csv... -o PROFILE.yaml\n"
        "       espalier calibrate check PROFILE.yaml TABLE.csv... [--json]",
    .examples =
        "espalier calibrate fit h100_gemm.csv h100_attention.csv -o h100.yaml\n"
        "espalier calibrate check h100.yaml h100_gemm.csv",
    .options = calibrate_options,
    .positional = calibrate_words,
    .more_words = "files",
};

namespace {

std::vector<KernelTable> read_tables(const std::string& path) {
  constexpr std::size_t size_most = std::size_t{256} << 20;
  const CsvTable table{path, sim::read_text_file(path, size_most)};
  if (table.rows() == 0) {
    throw sim::Error{path, "the table has no rows"};
  }
  return read_kernel_tables(table);
}

/// Puts tables of one kernel and number format together. Throws for a second GPU.
void merge(std::vector<KernelTable>& all, KernelTable table, const std::string& path) {
  if (!all.empty() && all.front().gpu != table.gpu) {
    throw sim::Error{path, fmt::format("a profile is of one GPU: '{}' here, '{}' before", table.gpu,
                                       all.front().gpu)};
  }
  for (KernelTable& each : all) {
    if (each.kernel == table.kernel && each.dtype == table.dtype) {
      each.samples.insert(each.samples.end(), table.samples.begin(), table.samples.end());
      return;
    }
  }
  all.push_back(std::move(table));
}

std::string name_of(calibration::Kernel kernel, const std::string& dtype) {
  return fmt::format("{} {}", calibration::kernel_names.at(static_cast<std::size_t>(kernel)),
                     dtype);
}

int fit(const Arguments& arguments) {
  const std::vector<std::string> paths = arguments.all("files");
  const std::string target = arguments.at("output");
  if (paths.empty()) {
    throw sim::Error{std::string{"espalier calibrate fit"}, "missing tables"};
  }
  std::vector<KernelTable> tables;
  calibration::Profile profile{.gpu = {}, .provenance = "fitted", .sources = {}, .kernels = {}};
  for (const std::string& path : paths) {
    for (KernelTable& table : read_tables(path)) {
      merge(tables, std::move(table), path);
    }
    profile.sources.push_back(std::filesystem::path{path}.filename().string());
  }
  profile.gpu = tables.front().gpu;
  Progress progress{"fitting"};
  fmt::print("{:<22} {:>8} {:>12} {:>12} {:>12} {:>12}\n", "kernel", "samples", "median", "95th",
             "held out", "95th");
  for (const KernelTable& table : tables) {
    const calibration::KernelFit fitted{table.kernel, machine_of(table.gpu, table.dtype),
                                        table.samples};
    constexpr std::uint64_t seed = 1;
    profile.kernels.push_back({.dtype = table.dtype,
                               .fit = fitted,
                               .fitted = calibration::errors_of(fitted, table.samples),
                               .held_out = calibration::held_out_errors(
                                   table.kernel, fitted.machine(), table.samples, seed)});
    const calibration::ProfiledKernel& done = profile.kernels.back();
    progress.update(profile.kernels.size(), tables.size());
    constexpr double percent = 100;
    fmt::print("{:<22} {:>8} {:>11.2f}% {:>11.2f}% {:>11.2f}% {:>11.2f}%\n",
               name_of(table.kernel, table.dtype), done.fitted.samples,
               percent * done.fitted.median, percent * done.fitted.p95,
               percent * done.held_out.median, percent * done.held_out.p95);
  }
  progress.finish();
  write_file_atomically(target, calibration::to_yaml(profile));
  return 0;
}

/// The rows of a table beside what the profile says of them.
ComparedTable compare_table(const calibration::Profile& profile, const KernelTable& table,
                            const std::string& path) {
  const calibration::ProfiledKernel* kernel = profile.find(table.kernel, table.dtype);
  if (kernel == nullptr) {
    throw sim::Error{path,
                     fmt::format("the profile has no {}", name_of(table.kernel, table.dtype))};
  }
  ComparedTable compared{fmt::format("{}: {}", std::filesystem::path{path}.stem().string(),
                                     name_of(table.kernel, table.dtype)),
                         {}};
  const auto names = calibration::shape_names(table.kernel);
  for (const calibration::KernelSample& sample : table.samples) {
    Compared row{.identity = {{"gpu", table.gpu}, {"dtype", table.dtype}},
                 .predicted = kernel->fit.seconds(sample.shape),
                 .reference = sample.seconds};
    for (std::size_t i = 0; i < names.size(); ++i) {
      row.identity.emplace_back(names[i], fmt::format("{}", sample.shape[i]));
    }
    compared.rows.push_back(std::move(row));
  }
  return compared;
}

int check(const Arguments& arguments) {
  const std::vector<std::string> paths = arguments.all("files");
  if (paths.size() < 2) {
    throw sim::Error{std::string{"espalier calibrate check"}, "missing a profile, and tables"};
  }
  const calibration::Profile profile =
      calibration::read_profile(sim::ConfigNode::load(paths.front()));
  std::vector<ComparedTable> tables;
  for (std::size_t i = 1; i < paths.size(); ++i) {
    for (const KernelTable& table : read_tables(paths[i])) {
      if (table.gpu != profile.gpu) {
        throw sim::Error{paths[i], fmt::format("the profile is of a '{}', the table of a '{}'",
                                               profile.gpu, table.gpu)};
      }
      tables.push_back(compare_table(profile, table, paths[i]));
    }
  }
  if (arguments.has("json")) {
    fmt::print("{}", json_document(to_json(tables)));
    return 0;
  }
  for (const ComparedTable& table : tables) {
    fmt::print("{}\n", summary_line(table));
  }
  return 0;
}

}  // namespace

int run_calibrate(const Arguments& arguments) {
  constexpr std::array<std::string_view, 2> subjects{"fit", "check"};
  const std::size_t what = sim::ConfigNode::scalar("espalier calibrate", arguments.at("what"))
                               .choice(subjects, "subject");
  return what == 0 ? fit(arguments) : check(arguments);
}

}  // namespace cli
