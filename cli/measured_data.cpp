#include "cli/measured_data.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "calibration/known_gpus.hpp"
#include "calibration/sample_tables.hpp"
#include "cli/csv_input.hpp"
#include "cli/measured_input.hpp"
#include "cli/nccl_tests_input.hpp"
#include "cli/number_types.hpp"
#include "cli/sample_log_input.hpp"
#include "sim/error.hpp"
#include "sim/text_file.hpp"
#include "workloads/library_collective.hpp"

namespace cli {
namespace {

/// What one file holds.
struct Contents {
  std::vector<KernelTable> kernels;
  std::vector<CollectiveTable> collectives;
  std::optional<calibration::SampleLog> log;
};

/// The kernels of a log are tables like others.
Contents contents_of(const std::string& path, const std::string& text) {
  Contents out;
  out.log = read_sample_log(path, text);
  for (calibration::SampledKernel& kernel : calibration::sampled_kernels(*out.log)) {
    out.kernels.push_back({.gpu = out.log->header.gpu,
                           .kernel = kernel.kernel,
                           .dtype = kernel.dtype,
                           .samples = std::move(kernel.samples)});
  }
  return out;
}

CsvTable csv_of(const std::string& path, const std::string& text) {
  CsvTable table{path, text};
  if (table.rows() == 0) {
    throw sim::Error{path, "the table has no rows"};
  }
  return table;
}

bool is_nccl_tests(MeasuredForm form) {
  return form == MeasuredForm::nccl_tests_text || form == MeasuredForm::nccl_tests_json;
}

/// Rows of no bytes are left out: is anything left?
std::vector<CollectiveTable> collectives_of(const std::string& path, const std::string& text) {
  std::vector<CollectiveTable> tables = read_collective_tables(csv_of(path, text));
  if (tables.empty()) {
    throw sim::Error{path, "all rows of the table are of 0 bytes"};
  }
  return tables;
}

/// Servers with as many ranks each, of collectives whose costs a profile can tell.
void check_collectives(const std::string& path, const CollectiveTable& table) {
  for (const CollectiveSample& sample : table.samples) {
    if (!workloads::operation_of(sample.collective)) {
      throw sim::Error{path, fmt::format("a profile knows no costs of '{}'",
                                         collectives::name_of(sample.collective))};
    }
    if (sample.ranks % sample.nodes != 0) {
      throw sim::Error{path, fmt::format("{} ranks cannot be spread evenly over {} servers",
                                         sample.ranks, sample.nodes)};
    }
  }
}

Contents read_file(const std::string& path, const std::string& text, MeasuredForm form,
                   const MeasuredOptions& said) {
  const NcclTestsOptions options{
      .collective = said.collective, .ranks = said.ranks, .nodes = said.nodes};
  switch (form) {
    case MeasuredForm::kernel_csv:
      return {.kernels = read_kernel_tables(csv_of(path, text)), .collectives = {}, .log = {}};
    case MeasuredForm::collective_csv:
      return {.kernels = {}, .collectives = collectives_of(path, text), .log = {}};
    case MeasuredForm::nccl_tests_text:
      return {.kernels = {}, .collectives = read_nccl_tests_text(path, text, options), .log = {}};
    case MeasuredForm::nccl_tests_json:
      return {.kernels = {}, .collectives = read_nccl_tests_json(path, text, options), .log = {}};
    case MeasuredForm::espalier_samples:
      break;
  }
  return contents_of(path, text);
}

/// Sorts tables by GPU.
class Collector {
 public:
  Collector(std::vector<MeasuredGpu>& gpus, std::string wanted)
      : gpus_{&gpus}, wanted_{std::move(wanted)} {}

  void add(const std::string& path, Contents contents) {
    for (KernelTable& table : contents.kernels) {
      if (MeasuredGpu* const gpu = find(path, table.gpu, {}, table.samples.size())) {
        add_kernels(*gpu, std::move(table));
      }
    }
    for (CollectiveTable& table : contents.collectives) {
      check_collectives(path, table);
      if (MeasuredGpu* const gpu = find(path, table.gpu, table.nccl, table.samples.size())) {
        gpu->collectives.push_back(std::move(table));
      }
    }
    if (contents.log) {
      const std::string name = contents.log->header.gpu;
      std::size_t in_kernels = 0;  // counted above
      for (const calibration::SampledKernel& kernel : calibration::sampled_kernels(*contents.log)) {
        in_kernels += kernel.samples.size();
      }
      const std::size_t others = contents.log->samples.size() - in_kernels;
      if (MeasuredGpu* const gpu = find(path, name, {}, others)) {
        gpu->logs.push_back(std::move(*contents.log));
      }
    }
  }

  [[nodiscard]] const std::vector<PassedOver>& passed_over() const { return passed_over_; }

 private:
  /// The GPU of that name, which is added if there is none. Null for one that nobody wants: its
  /// rows are passed over.
  MeasuredGpu* find(const std::string& path, std::string name, const std::string& nccl,
                    std::size_t rows) {
    if (name.empty()) {
      name = wanted_;
    }
    if (name.empty()) {
      throw sim::Error{path, "it does not say which GPU this was\n  hint: --gpu h100_sxm"};
    }
    if (!wanted_.empty() && !calibration::is_same_gpu(name, wanted_)) {
      add_passed_over(passed_over_, {name, rows});
      return nullptr;
    }
    auto found = std::ranges::find_if(
        *gpus_, [&](const MeasuredGpu& each) { return calibration::is_same_gpu(each.gpu, name); });
    if (found == gpus_->end()) {
      gpus_->push_back({.gpu = name, .kernels = {}, .collectives = {}, .logs = {}, .sources = {}});
      found = gpus_->end() - 1;
    }
    note_source(*found, path, nccl);
    return &*found;
  }

  static void note_source(MeasuredGpu& gpu, const std::string& path, const std::string& nccl) {
    std::string source = std::filesystem::path{path}.filename().string();
    if (!nccl.empty()) {
      source += fmt::format(" (NCCL {})", nccl);
    }
    if (std::ranges::find(gpu.sources, source) == gpu.sources.end()) {
      gpu.sources.push_back(std::move(source));
    }
  }

  static void add_kernels(MeasuredGpu& gpu, KernelTable table) {
    for (KernelTable& each : gpu.kernels) {
      if (each.kernel == table.kernel && each.dtype == table.dtype) {
        each.samples.insert(each.samples.end(), table.samples.begin(), table.samples.end());
        return;
      }
    }
    gpu.kernels.push_back(std::move(table));
  }

  std::vector<MeasuredGpu>* gpus_;
  std::string wanted_;
  std::vector<PassedOver> passed_over_;
};

}  // namespace

MeasuredOptions measured_options(const Arguments& arguments) {
  MeasuredOptions options{.gpu = arguments.find("gpu").value_or("")};
  if (const auto name = arguments.find("collective")) {
    options.collective = static_cast<collectives::Collective>(
        sim::ConfigNode::scalar("--collective", *name)
            .choice(collectives::collective_names(), "collective"));
  }
  const auto count = [&](std::string_view option, std::int64_t least) {
    std::optional<std::int32_t> out;
    if (const auto text = arguments.find(option)) {
      out = static_cast<std::int32_t>(
          sim::ConfigNode::scalar(fmt::format("--{}", option), *text).integer(least, ranks_most));
    }
    return out;
  };
  options.ranks = count("ranks", 2);
  options.nodes = count("nodes", 1);
  return options;
}

void add_passed_over(std::vector<PassedOver>& list, const PassedOver& more) {
  const auto found = std::ranges::find(list, more.gpu, &PassedOver::gpu);
  if (found == list.end()) {
    list.push_back(more);
  } else {
    found->rows += more.rows;
  }
}

void check_needed(const MeasuredOptions& options, const Measured& measured) {
  if (measured.may_leave_open) {
    return;
  }
  const auto refuse = [](bool given, std::string_view option) {
    if (given) {
      throw sim::Error{std::string{option},
                       "no file needs it: only output of nccl-tests may leave that open"};
    }
  };
  refuse(options.collective.has_value(), "--collective");
  refuse(options.ranks.has_value(), "--ranks");
  refuse(options.nodes.has_value(), "--nodes");
}

void check_any(std::string_view wanted, const Measured& measured) {
  if (measured.gpus.empty()) {
    std::vector<std::string_view> names;
    std::ranges::transform(measured.passed_over, std::back_inserter(names), &PassedOver::gpu);
    throw sim::Error{std::string{"--gpu"},
                     fmt::format("nothing was measured on a '{}'; the files are of: {}", wanted,
                                 fmt::join(names, ", "))};
  }
}

Measured read_measured(const std::vector<std::string>& paths, const MeasuredOptions& options) {
  std::vector<MeasuredGpu> gpus;
  Collector collector{gpus, options.gpu};
  bool may_leave_open = false;
  for (const std::string& path : paths) {
    constexpr std::size_t size_most = std::size_t{256} << 20;
    const std::string text = sim::read_text_file(path, size_most);
    const MeasuredForm form = measured_form(path, text);
    may_leave_open = may_leave_open || is_nccl_tests(form);
    collector.add(path, read_file(path, text, form, options));
  }
  return {std::move(gpus), collector.passed_over(), may_leave_open};
}

calibration::CollectiveSample to_fit_sample(const CollectiveSample& sample, std::string_view gpu) {
  const calibration::KnownGpu* const known = calibration::find_gpu(gpu);
  const bool is_joined = known != nullptr && sample.nodes > 1 && sample.ranks <= known->domain;
  return {.shape = {.operation = *workloads::operation_of(sample.collective),
                    .number = find_number_type(sample.dtype)->adder,
                    .ranks = sample.ranks,
                    .nodes = is_joined ? 1 : sample.nodes,
                    .bytes = static_cast<double>(sample.bytes.count())},
          .seconds = sample.seconds};
}

}  // namespace cli
