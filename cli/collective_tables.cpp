#include "cli/collective_tables.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/number_types.hpp"
#include "sim/error.hpp"
#include "sim/quantity_text.hpp"
#include "sim/suggest.hpp"
#include "workloads/library_collective.hpp"

namespace cli {
namespace {

using collectives::Collective;

constexpr double us = 1e-6;

/// In small letters, and without what people put between words.
std::string squeezed(std::string_view word) {
  std::string out;
  for (const char letter : word) {
    if (letter >= 'A' && letter <= 'Z') {
      out += static_cast<char>(letter - 'A' + 'a');
    } else if (letter != '_' && letter != '-' && letter != ' ') {
      out += letter;
    }
  }
  return out;
}

double time_us(const CsvTable& table, std::size_t row, std::string_view column) {
  const std::string& text = table.at(row, column);
  const auto parsed = sim::parse_number(text);
  if (!parsed.value || *parsed.value < time_us_least || *parsed.value > time_us_most) {
    table.fail(row, column,
               fmt::format("expected a time in us from {} to {}, got '{}'", time_us_least,
                           time_us_most, text));
  }
  return *parsed.value;
}

/// Throws if the row's algorithm bandwidth is not bytes over time. A table whose all-gather counts
/// the bytes of one rank is off by the number of ranks.
void check_bandwidth(const CsvTable& table, std::size_t row, sim::Bytes bytes, double taken_us) {
  constexpr std::string_view column = "algbw_GBps";
  if (!table.has(column)) {
    return;
  }
  constexpr double least = 0.1;  // with fewer digits a rounded bandwidth tells nothing
  constexpr double tolerance = 0.02;
  constexpr double bytes_per_us = 1e3;  // in 1 GB/s
  const auto said = sim::parse_number(table.at(row, column));
  const double is = static_cast<double>(bytes.count()) / taken_us / bytes_per_us;
  if (said.value && *said.value >= least && std::abs((is / *said.value) - 1) > tolerance) {
    table.fail(row, column,
               fmt::format("is {}, but bytes over time is {:.4g}\n  hint: bytes are the larger of "
                           "a rank's two buffers: all that an all-gather gathers",
                           *said.value, is));
  }
}

constexpr std::array<std::string_view, 2> size_columns{"bytes", "size_bytes"};
constexpr std::array<std::string_view, 2> dtype_columns{"dtype", "nccl_dtype"};
constexpr std::array<std::string_view, 2> nccl_columns{"nccl_version", "nccl"};

/// The first of the columns that the table has, if any.
std::optional<std::string_view> find_any(const CsvTable& table,
                                         std::span<const std::string_view> columns) {
  const auto found =
      std::ranges::find_if(columns, [&](std::string_view column) { return table.has(column); });
  return found == columns.end() ? std::nullopt : std::optional{*found};
}

/// The same. Throws if there is none of them.
std::string_view any_of(const CsvTable& table, std::span<const std::string_view> columns) {
  const auto found = find_any(table, columns);
  if (!found) {
    throw sim::Error{sim::SourcePos{table.file(), 1, 1},
                     fmt::format("missing column '{}'", fmt::join(columns, "' or '"))};
  }
  return *found;
}

/// A type of which we know who can add it.
std::string dtype_at(const CsvTable& table, std::size_t row) {
  const std::string_view column = any_of(table, dtype_columns);
  const std::string& dtype = table.at(row, column);
  if (find_number_type(dtype) == nullptr) {
    table.fail(row, column,
               fmt::format("unknown type '{}'\n  hint: {}", dtype,
                           sim::suggestion(dtype, number_type_names())));
  }
  return dtype;
}

CollectiveSample sample_at(const CsvTable& table, std::size_t row, sim::Bytes bytes) {
  const std::string& op = table.at(row, "op");
  const auto collective = collective_named(op);
  if (!collective) {
    table.fail(row, "op", unknown_collective(op));
  }
  if (!workloads::operation_of(*collective)) {
    table.fail(row, "op",
               fmt::format("a profile knows no costs of '{}'", collectives::name_of(*collective)));
  }
  const std::int64_t ranks = table.integer(row, "nranks", 2, ranks_most);
  const std::int64_t nodes = table.has("nodes") ? table.integer(row, "nodes", 1, ranks) : 1;
  if (ranks % nodes != 0) {
    table.fail(row, "nodes",
               fmt::format("{} ranks cannot be spread evenly over {} servers", ranks, nodes));
  }
  const double taken_us = time_us(table, row, "time_us");
  check_bandwidth(table, row, bytes, taken_us);
  CollectiveSample sample{.collective = *collective,
                          .dtype = dtype_at(table, row),
                          .ranks = static_cast<std::int32_t>(ranks),
                          .nodes = static_cast<std::int32_t>(nodes),
                          .bytes = bytes,
                          .seconds = taken_us * us};
  if (table.has("time_us_inplace") && !table.at(row, "time_us_inplace").empty()) {
    sample.in_place_seconds = time_us(table, row, "time_us_inplace") * us;
  }
  return sample;
}

}  // namespace

std::optional<Collective> collective_named(std::string_view word) {
  const std::string name = squeezed(word);
  if (name == "sendrecv") {
    return Collective::send_receive;
  }
  const auto names = collectives::collective_names();
  const auto found =
      std::ranges::find_if(names, [&](std::string_view each) { return squeezed(each) == name; });
  return found == names.end() ? std::nullopt
                              : std::optional{static_cast<Collective>(found - names.begin())};
}

std::string unknown_collective(std::string_view word) {
  std::string dashed{word};
  std::ranges::replace(dashed, '_', '-');
  return fmt::format("unknown collective '{}'\n  hint: {}", word,
                     sim::suggestion(dashed, collectives::collective_names()));
}

std::vector<CollectiveSample>& samples_of(std::vector<CollectiveTable>& tables,
                                          const std::string& gpu, const std::string& nccl,
                                          const std::string& source) {
  auto found = std::ranges::find_if(tables, [&](const CollectiveTable& each) {
    return each.gpu == gpu && each.nccl == nccl && each.source == source;
  });
  if (found == tables.end()) {
    tables.push_back({gpu, nccl, source, {}});
    found = tables.end() - 1;
  }
  return found->samples;
}

std::vector<CollectiveTable> read_collective_tables(const CsvTable& table) {
  const std::string stem = std::filesystem::path{table.file()}.stem().string();
  const std::string_view size = any_of(table, size_columns);
  const auto nccl = find_any(table, nccl_columns);
  std::vector<CollectiveTable> out;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const sim::Bytes bytes{table.integer(row, size, 0, sim::bytes_max.count())};
    if (bytes == sim::Bytes{0}) {
      continue;
    }
    samples_of(out, table.at(row, "gpu"), nccl ? table.at(row, *nccl) : "",
               table.has("log_id") ? table.at(row, "log_id") : stem)
        .push_back(sample_at(table, row, bytes));
  }
  return out;
}

}  // namespace cli
