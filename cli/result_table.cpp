#include "cli/result_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sim/quantity_text.hpp"

namespace cli {
namespace {

constexpr std::size_t columns = 80;
constexpr std::size_t link_rows_max = 10;
constexpr double percent = 100;

/// Unit of the bandwidth columns: one for the whole table, so that rows compare at a glance.
struct BandwidthUnit {
  std::string_view name;
  double factor;
};

BandwidthUnit bandwidth_unit(const Comparison& comparison) {
  double most = 0;
  for (const Row& row : comparison.rows) {
    most = std::max({most, row.algbw_Bps, row.busbw_Bps});
  }
  constexpr std::array units{BandwidthUnit{"GB/s", 1e9}, BandwidthUnit{"MB/s", 1e6},
                             BandwidthUnit{"kB/s", 1e3}};
  // From a tenth of a unit on: people think of networks in GB/s.
  const auto* const fits = std::ranges::find_if(
      units, [most](const BandwidthUnit& unit) { return most >= unit.factor / 10; });
  return fits == units.end() ? units.front() : *fits;
}

/// Four significant digits where there is room: "0.328", "28.50", "1234".
std::string number_text(double value) {
  const int before_point = value >= 1 ? static_cast<int>(std::log10(value)) : 0;
  return fmt::format("{:.{}f}", value, std::clamp(3 - before_point, 0, 3));
}

/// "1.06x", "123x": at most six letters up to a hundred thousand.
std::string factor_text(double value) {
  const int digits = value < 99.995 ? 2 : 0;
  return fmt::format("{:.{}f}x", value, digits);
}

/// Cut out of the middle: "node0.n~w -> node0.gpu3". The ends tell links apart.
std::string shortened(std::string_view text, std::size_t width) {
  constexpr std::string_view gap = "~";
  if (text.size() <= width || width <= gap.size()) {
    return std::string{text};
  }
  const std::size_t kept = width - gap.size();
  const std::size_t tail = kept / 2;
  return fmt::format("{}{}{}", text.substr(0, kept - tail), gap, text.substr(text.size() - tail));
}

/// The parts with commas between, in lines of at most 80 columns where the parts allow it.
std::string wrapped(std::initializer_list<std::string> parts) {
  std::string out;
  std::size_t used = 0;
  for (const std::string& part : parts) {
    if (part.empty()) {
      continue;
    }
    if (used > 0 && used + 2 + part.size() + 1 > columns) {
      out += ",\n  ";
      used = 2;
    } else if (used > 0) {
      out += ", ";
      used += 2;
    }
    out += part;
    used += part.size();
  }
  return out + "\n";
}

std::string header(const Comparison& comparison) {
  const auto ranks =
      fmt::format("{} {}", comparison.ranks, comparison.ranks == 1 ? "rank" : "ranks");
  // A profile that is none has no provenance either.
  const std::string provenance =
      comparison.provenance == "none" ? "" : fmt::format("provenance {}", comparison.provenance);
  return wrapped({fmt::format("{} on {}", comparison.collective, comparison.topology),
                  comparison.summary, ranks}) +
         wrapped({fmt::format("network {}", comparison.network),
                  fmt::format("routing {}", comparison.routing),
                  fmt::format("seed {}", comparison.seed),
                  fmt::format("scenario {}", comparison.scenario_hash)}) +
         wrapped({fmt::format("profile {}", comparison.profile), provenance});
}

/// The rows of one size: they stand together.
std::span<const Row> first_group(std::span<const Row> rows) {
  const auto end =
      std::ranges::find_if(rows, [&](const Row& row) { return row.bytes != rows.front().bytes; });
  return rows.first(static_cast<std::size_t>(end - rows.begin()));
}

/// The algorithm, and the method by which the library carries it out, where that is its choice.
std::string name_of(const Row& row) {
  return row.algorithm == "nccl" ? fmt::format("nccl: {}", row.method) : row.algorithm;
}

/// Lays out the rows of a comparison.
class Table {
 public:
  Table(const Comparison& comparison, Style style)
      : comparison_{&comparison}, style_{style}, unit_{bandwidth_unit(comparison)} {
    for (const Row& row : comparison.rows) {
      name_width_ = std::max(name_width_, name_of(row).size());
    }
    const std::size_t used = line("", "", "", "", "", "", "", "").size();
    link_width_ = used + link_width_min < columns ? columns - used : link_width_min;
  }

  [[nodiscard]] std::string render() const {
    std::string out = header(*comparison_) + "\n";
    out += trimmed(line("algorithm", "time", "algbw", "busbw", "speedup", "x", "busiest link", ""));
    out += trimmed(line("", "", unit_.name, unit_.name, "", "bound", "", ""));
    for (std::span<const Row> rest = comparison_->rows; !rest.empty();) {
      const std::span<const Row> group = first_group(rest);
      out += render_group(group);
      rest = rest.subspan(group.size());
    }
    return out;
  }

 private:
  [[nodiscard]] std::string line(std::string_view algorithm, std::string_view time,
                                 std::string_view algbw, std::string_view busbw,
                                 std::string_view speedup, std::string_view bound,
                                 std::string_view utilisation, std::string_view link) const {
    return fmt::format("  {:<{}} {:>8} {:>6} {:>6} {:>7} {:>6}  {:>4} {}", algorithm, name_width_,
                       time, algbw, busbw, speedup, bound, utilisation, link);
  }

  static std::string trimmed(std::string text) {
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
  }

  [[nodiscard]] std::string render_group(std::span<const Row> group) const {
    const double bound = group.front().lower_bound_s;
    std::string out = fmt::format("\n{}, lower bound {}\n", sim::to_text(group.front().bytes),
                                  bound > 0 ? sim::to_text_si(bound, "s") : "0 s");
    const auto fastest = std::ranges::min_element(group, {}, &Row::time_s);
    for (const Row& row : group) {
      const bool stands_out = style_ == Style::colour && &row == &*fastest;
      constexpr std::string_view bold_green = "\x1b[1;32m";
      constexpr std::string_view normal = "\x1b[0m";
      const std::string text = render_row(row);
      out += stands_out
                 ? fmt::format("{}{}{}\n", bold_green, text.substr(0, text.size() - 1), normal)
                 : text;
    }
    return out;
  }

  [[nodiscard]] std::string render_row(const Row& row) const {
    const bool moved = !row.busiest_link.empty();
    const std::string queues = row.queues ? queue_line(*row.queues) : "";
    return trimmed(line(name_of(row), sim::to_text_si(row.time_s, "s"),
                        number_text(row.algbw_Bps / unit_.factor),
                        number_text(row.busbw_Bps / unit_.factor), factor_text(row.speedup),
                        factor_text(row.above_bound),
                        moved ? fmt::format("{:.0f}%", row.busiest_utilisation * percent) : "",
                        moved ? shortened(row.busiest_link, link_width_) : "")) +
           queues;
  }

  /// What happened in the queues, below the row.
  static std::string queue_line(const QueueSummary& queues) {
    std::string out = "      queues: ";
    if (queues.deepest.empty()) {
      return out + "none\n";
    }
    out += fmt::format("up to {} ({})", sim::to_text(sim::Bytes{queues.max_bytes}), queues.deepest);
    if (queues.pauses > 0) {
      out += fmt::format(", {} pauses, {} in all", queues.pauses,
                         sim::to_text_si(queues.paused_s, "s"));
    }
    if (queues.marked > 0) {
      out += fmt::format(", {} marked", queues.marked);
    }
    if (queues.dropped > 0) {
      out += fmt::format(", {} dropped", queues.dropped);
    }
    return out + "\n";
  }

  static constexpr std::size_t link_width_min = 9;

  const Comparison* comparison_;
  Style style_;
  BandwidthUnit unit_;
  std::size_t name_width_ = std::string_view{"algorithm"}.size();
  std::size_t link_width_ = 0;
};

std::string render_row_links(const Row& row) {
  std::vector<const LinkReport*> used;
  for (const LinkReport& link : row.links) {
    if (link.bytes > 0) {
      used.push_back(&link);
    }
  }
  std::ranges::stable_sort(used, std::ranges::greater{}, &LinkReport::utilisation);
  std::string out = fmt::format("{}, {}: {} of {} links carried data\n", sim::to_text(row.bytes),
                                row.algorithm, used.size(), row.links.size());
  if (used.empty()) {
    return out;
  }
  constexpr std::size_t name_width = 22;
  out += fmt::format("  {:<{}}  {:<{}}  {:>8}  {:>9}  {:>5}\n", "from", name_width, "to",
                     name_width, "bytes", "busy time", "used");
  const std::size_t shown = std::min(used.size(), link_rows_max);
  for (const LinkReport* link : std::span{used}.first(shown)) {
    out += fmt::format(
        "  {:<{}}  {:<{}}  {:>8}  {:>9}  {:>4.0f}%\n", shortened(link->from, name_width),
        name_width, shortened(link->to, name_width), name_width, sim::to_text_si(link->bytes, "B"),
        sim::to_text_si(link->busy_s, "s"), link->utilisation * percent);
  }
  if (shown < used.size()) {
    out += fmt::format("  ... and {} more\n", used.size() - shown);
  }
  return out;
}

}  // namespace

std::string render_table(const Comparison& comparison, Style style) {
  return Table{comparison, style}.render();
}

std::string render_links(const Comparison& comparison) {
  std::string out;
  for (const Row& row : comparison.rows) {
    out += (out.empty() ? "" : "\n") + render_row_links(row);
  }
  return out;
}

}  // namespace cli
