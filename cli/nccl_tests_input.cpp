#include "cli/nccl_tests_input.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "cli/nccl_tests_run.hpp"
#include "cli/number_types.hpp"
#include "sim/error.hpp"
#include "sim/quantity_text.hpp"
#include "sim/suggest.hpp"

namespace cli {
namespace {

using Words = std::vector<std::string_view>;

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

bool is_whole(std::string_view word) {
  if (word.starts_with('-')) {
    word.remove_prefix(1);
  }
  return !word.empty() && std::ranges::all_of(word, is_digit);
}

Words words_of(std::string_view line) {
  constexpr std::string_view blank = " \t\r\f\v";
  Words words;
  for (std::size_t at = line.find_first_not_of(blank); at != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(blank, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(blank, end);
  }
  return words;
}

/// The line without what mpirun --tag-output puts before it: "[1,0]<stdout>:".
std::string_view without_tag(std::string_view line) {
  const std::size_t tag = line.starts_with('[') ? line.find(">:") : std::string_view::npos;
  return tag == std::string_view::npos ? line : line.substr(tag + 2);
}

/// A word as an error may show it.
std::string shown(std::string_view word) {
  constexpr std::size_t longest = 32;
  std::string out{word.substr(0, longest)};
  std::ranges::replace_if(out, [](char letter) { return letter < ' ' || letter > '~'; }, '?');
  return word.size() > longest ? out + "..." : out;
}

/// Two whole numbers and a type; or a word in its place, if figures follow.
bool is_row(const Words& words) {
  if (words.size() < 3 || !is_whole(words[0]) || !is_whole(words[1])) {
    return false;
  }
  constexpr std::ptrdiff_t least_figures = 6;  // of two times four, the last ones may be N/A
  return find_number_type(words[2]) != nullptr ||
         std::ranges::count_if(words.begin() + 3, words.end(), [](std::string_view word) {
           return sim::parse_number(word).value.has_value();
         }) >= least_figures;
}

/// What follows a '#'; nothing if the line has none.
std::optional<Words> comment_of(const Words& words) {
  if (words.empty() || !words[0].starts_with('#')) {
    return std::nullopt;
  }
  Words rest = words;
  rest[0].remove_prefix(1);
  if (rest[0].empty()) {
    rest.erase(rest.begin());
  }
  return rest;
}

bool has(const Words& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

/// The word after `word`; empty if there is none.
std::string_view after(const Words& words, std::string_view word) {
  const auto found = std::ranges::find(words, word);
  return found == words.end() || found + 1 == words.end() ? std::string_view{} : *(found + 1);
}

/// Two words like "2026-02-03" and "04:05:06".
bool is_timestamp(std::string_view date, std::string_view time) {
  const auto like = [](std::string_view word, std::string_view pattern) {
    return std::ranges::equal(word, pattern, [](char letter, char wanted) {
      return wanted == '0' ? is_digit(letter) : letter == wanted;
    });
  };
  return like(date, "0000-00-00") && like(time, "00:00:00");
}

/// The number of ranks that a list of devices or a run may have, or 1 for what is no such number.
std::int64_t small_number(std::string_view word) {
  constexpr std::int64_t most = std::int64_t{1} << 16;
  const auto parsed = sim::parse_integer(word);
  return parsed.value && *parsed.value >= 1 && *parsed.value <= most ? *parsed.value : 1;
}

class TextReader {
 public:
  TextReader(const std::string& file, const NcclTestsOptions& options)
      : file_{&file}, options_{&options}, runs_(1) {}

  /// Reads the next line.
  void read(std::string_view line);

  /// What was read, once there are no more lines.
  [[nodiscard]] std::vector<CollectiveTable> tables() const;

 private:
  [[noreturn]] void fail(const std::string& what) const { fail(line_, what); }
  [[noreturn]] void fail(std::int64_t line, const std::string& what) const {
    throw sim::Error{sim::SourcePos{*file_, static_cast<int>(line), 1}, what};
  }

  NcclTestsRun& run() { return runs_.back(); }
  NcclTestsRun& run_of_header();
  void read_version(std::string_view line);
  void read_comment(const Words& words);
  void read_device(const Words& words);
  void read_titles(const Words& words);
  void read_row(const Words& words);
  [[nodiscard]] double number(std::string_view name, std::string_view text) const;
  [[nodiscard]] Rounded rounded(std::string_view name, std::string_view text) const;
  [[nodiscard]] NcclTestsTiming timing(std::span<const std::string_view> half) const;

  const std::string* file_;
  const NcclTestsOptions* options_;
  std::int64_t line_ = 0;
  std::int64_t empty_rows_ = 0;
  std::vector<NcclTestsRun> runs_;
};

void TextReader::read(std::string_view line) {
  ++line_;
  line = without_tag(line);
  read_version(line);
  if (line.find("NCCL INFO") != std::string_view::npos ||
      line.find("NCCL WARN") != std::string_view::npos) {
    return;
  }
  const Words words = words_of(line);
  if (const auto comment = comment_of(words)) {
    read_comment(*comment);
  } else if (is_row(words)) {
    read_row(words);
  }
}

/// The run that a line from above a table belongs to: another one, if this one has got further.
NcclTestsRun& TextReader::run_of_header() {
  if (!run().rows.empty() || !run().devices.empty()) {
    runs_.emplace_back();
  }
  return run();
}

void TextReader::read_version(std::string_view line) {
  constexpr std::string_view mark = "NCCL version ";
  const std::size_t at = line.find(mark);
  if (at == std::string_view::npos || !run().nccl.empty()) {
    return;
  }
  const std::string_view rest = line.substr(at + mark.size());
  const std::size_t end = std::min(rest.find_first_not_of("0123456789."), rest.size());
  run().nccl = rest.substr(0, end);
}

void TextReader::read_comment(const Words& words) {
  if (words.size() > 3 && words[0] == "Collective" && words[2] == "starting:") {
    const std::string_view program = words[3];
    const std::string_view name = program.substr(0, program.rfind("_perf"));
    const auto collective = collective_named(name);
    if (!collective && !options_->collective) {
      fail(unknown_collective(shown(name)));
    }
    run_of_header().collective = collective;
  } else if (has(words, "nThread")) {
    NcclTestsRun& run = run_of_header();
    run.ranks_per_process =
        small_number(after(words, "nThread")) * small_number(after(words, "nGpus"));
  } else if (words.size() > 1 && words[0] == "Rank" && has(words, "device")) {
    read_device(words);
  } else if (has(words, "algbw")) {
    read_titles(words);
  } else if (!words.empty() && words[0] == "nccl-tests") {
    constexpr std::string_view mark = "nccl-library=";
    const auto library =
        std::ranges::find_if(words, [&](std::string_view word) { return word.starts_with(mark); });
    const auto code = library == words.end() ? sim::Parsed<std::int64_t>{}
                                             : sim::parse_integer(library->substr(mark.size()));
    if (code.value && *code.value > 0) {
      run_of_header().nccl = nccl_version_text(*code.value);
    }
  }
}

/// "Rank  0 Group  0 Pid  93200 on host-a device  0 [0000:f9:05] NVIDIA H200"; old ones have no
/// group, and "[0x07]".
void TextReader::read_device(const Words& words) {
  const auto rank = sim::parse_integer(words[1]);
  const auto bus = std::ranges::find_if(
      words, [](std::string_view word) { return word.starts_with('[') && word.ends_with(']'); });
  if (!rank.value || *rank.value < 0 || bus == words.end()) {
    return;  // cut by another message
  }
  if (!run().rows.empty()) {
    runs_.emplace_back();
  }
  NcclTestsDevice device{.rank = *rank.value,
                         .group = sim::parse_integer(after(words, "Group")).value.value_or(0),
                         .host = std::string{after(words, "on")},
                         .gpu = {}};
  for (auto word = bus + 1; word != words.end(); ++word) {
    device.gpu += fmt::format("{}{}", device.gpu.empty() ? "" : " ", *word);
  }
  run().devices.push_back(std::move(device));
}

void TextReader::read_titles(const Words& words) {
  if (!run().rows.empty()) {
    runs_.emplace_back();
  }
  run().has_operator_column = has(words, "redop");
  if (has(words, "cputime") && options_->cpu_times == CpuTimes::refuse) {
    fail(
        "these are times that the CPU took to launch, not times of the collective\n"
        "  hint: run it without -C 1");
  }
}

double TextReader::number(std::string_view name, std::string_view text) const {
  const auto parsed = sim::parse_number(text);
  if (!parsed.value || *parsed.value < 0) {
    fail(fmt::format("{}: expected a number from 0 on, got '{}'", name, shown(text)));
  }
  return *parsed.value;
}

/// "27.4" stands for 27.35 to 27.45, and "1.6e+05" for 155000 to 165000.
Rounded TextReader::rounded(std::string_view name, std::string_view text) const {
  const double value = number(name, text);
  const std::size_t exponent = std::min(text.find_first_of("eE"), text.size());
  const std::size_t point = text.substr(0, exponent).find('.');
  const double digits =
      point == std::string_view::npos ? 0 : static_cast<double>(exponent - point - 1);
  const double scale =
      exponent == text.size()
          ? 0
          : std::round(std::log10(
                value / sim::parse_number(text.substr(0, exponent)).value.value_or(value)));
  const double half_unit = std::pow(10.0, (std::isfinite(scale) ? scale : 0) - digits) / 2;
  return {value, half_unit};
}

NcclTestsTiming TextReader::timing(std::span<const std::string_view> half) const {
  NcclTestsTiming out{.time_us = rounded("time", half[0]),
                      .algbw_GBps = rounded("algbw", half[1]),
                      .busbw_GBps = rounded("busbw", half[2])};
  if (out.time_us.value < time_us_least || out.time_us.value > time_us_most) {
    fail(fmt::format("time: expected us from {} to {}, got '{}'", time_us_least, time_us_most,
                     shown(half[0])));
  }
  // Old layouts have the largest error here, which rounding alone may make.
  out.is_wrong = half[3] != "N/A" && number("#wrong", half[3]) >= 1;
  return out;
}

void TextReader::read_row(const Words& words) {
  const auto size = sim::parse_integer(words[0]);
  const auto count = sim::parse_integer(words[1]);
  const std::int64_t most = sim::bytes_max.count();
  if (!size.value || *size.value < 0 || *size.value > most) {
    fail(fmt::format("size: expected 0 to {} B, got '{}'", most, shown(words[0])));
  }
  if (!count.value || *count.value < 0 || *count.value > most) {
    fail(fmt::format("count: expected 0 to {}, got '{}'", most, shown(words[1])));
  }
  if (find_number_type(words[2]) == nullptr) {
    fail(fmt::format("unknown type '{}'\n  hint: {}", shown(words[2]),
                     sim::suggestion(words[2], number_type_names())));
  }
  std::span<const std::string_view> rest = std::span{words}.subspan(3);
  if (rest.size() > 2 && is_timestamp(rest[rest.size() - 2], rest.back())) {
    rest = rest.first(rest.size() - 2);
  }
  NcclTestsRow row{.place = line_,
                   .bytes = sim::Bytes{*size.value},
                   .count = *count.value,
                   .dtype = std::string{words[2]},
                   .out_of_place = {}};
  constexpr std::array<std::string_view, 8> operators{"sum", "prod",   "max", "min",
                                                      "avg", "mulsum", "all", "none"};
  if (!rest.empty() && std::ranges::find(operators, rest[0]) != operators.end()) {
    row.op = rest[0] == "none" ? OperatorColumn::none : OperatorColumn::some;
    rest = rest.subspan(1);
  }
  const std::size_t half = rest.size() / 2;
  constexpr std::array<std::size_t, 4> halves{4, 5, 8, 9};
  if (std::ranges::find(halves, half) == halves.end()) {
    fail(
        fmt::format("the row is cut off, or has something in it: expected [root] time algbw busbw "
                    "#wrong time algbw busbw #wrong, got {} columns",
                    rest.size()));
  }
  if (rest.size() % 2 == 1) {
    if (!is_whole(rest[0])) {
      fail(fmt::format("root: expected a whole number, got '{}'", shown(rest[0])));
    }
    row.has_root = !rest[0].starts_with('-');
    rest = rest.subspan(1);
  }
  if (row.bytes == sim::Bytes{0}) {
    ++empty_rows_;
    return;
  }
  row.out_of_place = timing(rest.first(half));
  if (rest[half] != "N/A") {
    row.in_place = timing(rest.subspan(half));
  }
  run().rows.push_back(std::move(row));
}

std::vector<CollectiveTable> TextReader::tables() const {
  std::vector<CollectiveTable> out;
  for (const NcclTestsRun& run : runs_) {
    if (!run.rows.empty()) {
      add_run(out, run, *file_, *options_,
              [&](std::int64_t line, const std::string& what) { fail(line, what); });
    }
  }
  if (out.empty()) {
    throw sim::Error{
        *file_,
        fmt::format("no row of nccl-tests {} {} {}\n  hint: a row is '1048576 262144 float sum "
                    "-1 27.37 38.31 67.04 0 26.93 38.94 68.14 0'",
                    empty_rows_ > 0 ? "with bytes to send in" : "in", line_,
                    line_ == 1 ? "line" : "lines")};
  }
  return out;
}

/// Calls `visit` with every line, until it says false.
void for_each_line(std::string_view text, const auto& visit) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (!visit(text.substr(0, end))) {
      return;
    }
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
}

}  // namespace

std::vector<CollectiveTable> read_nccl_tests_text(const std::string& file, std::string_view text,
                                                  const NcclTestsOptions& options) {
  TextReader reader{file, options};
  for_each_line(text, [&](std::string_view line) {
    reader.read(line);
    return true;
  });
  return reader.tables();
}

bool looks_like_nccl_tests(std::string_view text) {
  bool found = false;
  for_each_line(text, [&](std::string_view line) {
    const Words words = words_of(without_tag(line));
    const auto comment = comment_of(words);
    found = comment ? has(*comment, "nThread") || has(*comment, "algbw") ||
                          (!comment->empty() && comment->front() == "nccl-tests")
                    : is_row(words);
    return !found;
  });
  return found;
}

}  // namespace cli
