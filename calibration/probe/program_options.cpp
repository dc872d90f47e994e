#include "calibration/probe/program_options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include <fmt/format.h>
#include <boost/program_options.hpp>

#include "sim/error.hpp"
#include "sim/suggest.hpp"

namespace probe {

namespace {

namespace po = boost::program_options;

constexpr std::string_view program = "espalier-calibrate";

// Seconds: under 8 minutes and under one, with room for starting and for what a point takes
// beyond its budget.
constexpr double full_budget_s = 450;
constexpr double quick_budget_s = 52;

struct Option {
  std::string_view name;
  std::string_view letter;
  std::string_view argument;  // empty for a flag
  std::string_view help;      // empty: not shown
};

constexpr std::array options{
    Option{"output", "o", "SAMPLES",
           "where the samples go, one JSON line per point; an existing\n"
           "file of the same GPU is continued"},
    Option{"quick", "", "", "every eleventh point, in under a minute"},
    Option{"only", "", "LIST", "only these groups or operations: gemm,attention,copy_h2d"},
    Option{"device", "", "N", "number of the GPU (0)"},
    Option{"dry-run", "", "", "print what would be measured, and how long; needs no GPU"},
    Option{"budget", "", "SECONDS", "end after about so long (450; 52 with --quick)"},
    Option{"nccl", "", "PATH", "the library, where the loader does not find libnccl.so.2"},
    Option{"nccl-child", "", "VARIANT", ""},
    Option{"help", "h", "", "show this"},
};

[[noreturn]] void fail(const std::string& what) {
  throw sim::Error{std::string{program}, what};
}

po::options_description describe() {
  po::options_description description;
  for (const Option& option : options) {
    const std::string name = option.letter.empty()
                                 ? std::string{option.name}
                                 : fmt::format("{},{}", option.name, option.letter);
    if (option.argument.empty()) {
      description.add_options()(name.c_str(), "");
    } else {
      description.add_options()(name.c_str(), po::value<std::string>(), "");
    }
  }
  return description;
}

po::variables_map read(const std::vector<std::string>& words) {
  constexpr int style = (po::command_line_style::unix_style &
                         ~static_cast<int>(po::command_line_style::allow_guessing));
  const po::options_description description = describe();
  const po::positional_options_description none;
  po::variables_map values;
  try {
    po::store(
        po::command_line_parser{words}.options(description).positional(none).style(style).run(),
        values);
  } catch (const po::unknown_option& unknown) {
    std::vector<std::string> names;
    for (const Option& option : options) {
      if (!option.help.empty()) {
        names.push_back(fmt::format("--{}", option.name));
      }
    }
    const std::vector<std::string_view> views{names.begin(), names.end()};
    const std::string word = unknown.get_option_name();
    fail(fmt::format("unknown option '{}'\n  hint: {}", word, sim::suggestion(word, views)));
  } catch (const po::too_many_positional_options_error&) {
    fail("a word without an option; see --help");
  } catch (const po::error& error) {
    fail(error.what());
  }
  return values;
}

double number(const std::string& name, const std::string& text, double least, double most) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  const bool is_number = error == std::errc{} && stopped == end;
  if (!is_number || value < least || value > most || std::isnan(value)) {
    fail(fmt::format("--{}: expected a number from {} to {}, got '{}'", name, least, most, text));
  }
  return value;
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t end = list.find(',');
    parts.emplace_back(list.substr(0, end));
    list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
  }
  return parts;
}

}  // namespace

ProgramOptions parse_program_options(const std::vector<std::string>& words) {
  const po::variables_map values = read(words);
  const auto text = [&](const char* name) {
    return values.count(name) == 0 ? std::string{} : values[name].as<std::string>();
  };
  ProgramOptions result{.output = text("output"),
                        .extent = values.count("quick") > 0 ? Extent::quick : Extent::full,
                        .only = split(text("only")),
                        .nccl = text("nccl"),
                        .nccl_variant = text("nccl-child"),
                        .words = words};
  if (values.count("only") > 0 && result.only.empty()) {
    fail("--only: expected names, as gemm,attention");
  }
  if (values.count("device") > 0) {
    constexpr double devices_most = 1023;
    const double device = number("device", text("device"), 0, devices_most);
    result.device = static_cast<int>(device);
    if (result.device != device) {
      fail(fmt::format("--device: expected a whole number, got '{}'", text("device")));
    }
  }
  constexpr double budget_least = 1;
  constexpr double budget_most = 86400;
  result.budget = Seconds{result.extent == Extent::full ? full_budget_s : quick_budget_s};
  if (values.count("budget") > 0) {
    result.budget = Seconds{number("budget", text("budget"), budget_least, budget_most)};
  }
  if (values.count("help") > 0) {
    result.action = Action::help;
  } else if (values.count("dry-run") > 0) {
    result.action = Action::dry_run;
  } else if (!result.nccl_variant.empty()) {
    result.action = Action::measure_collective;
  }
  if (result.action != Action::help && result.action != Action::dry_run && result.output.empty()) {
    fail("missing --output\n  hint: espalier-calibrate -o samples.jsonl");
  }
  return result;
}

std::string program_help() {
  std::string out =
      "measures what kernels, copies and collectives cost on this machine's GPUs\n\n"
      "examples:\n"
      "  espalier-calibrate --dry-run                    what would be measured, without a GPU\n"
      "  espalier-calibrate -o h100.jsonl                all of it, in less than 8 minutes\n"
      "  espalier-calibrate -o h100.jsonl --quick        a first look, in less than one\n"
      "  espalier-calibrate -o h100.jsonl                once more: goes on where a run ended\n"
      "  espalier-calibrate -o nccl.jsonl --only collectives --nccl /opt/nccl/lib/libnccl.so.2\n"
      "  mpirun -n 16 espalier-calibrate -o nccl.jsonl --only collectives\n"
      "\nusage: espalier-calibrate -o SAMPLES [options]\n\noptions:\n";
  for (const Option& option : options) {
    if (option.help.empty()) {
      continue;
    }
    const std::string letter = option.letter.empty() ? "    " : fmt::format("-{}, ", option.letter);
    const std::string name =
        fmt::format("--{}{}{}", option.name, option.argument.empty() ? "" : " ", option.argument);
    std::string help{option.help};
    if (const std::size_t line = help.find('\n'); line != std::string::npos) {
      constexpr std::size_t indent = 25;
      help.insert(line + 1, std::string(indent, ' '));
    }
    out += fmt::format("  {}{:<18} {}\n", letter, name, help);
  }
  return out +
         "\ngroups: launch, memory, gemm, batched_gemm, grouped_gemm, attention,\n"
         "        transfers, contention, collectives\n"
         "\nClocks, power limits and modes of the GPU stay as they are. Ctrl-C ends after the "
         "point\n"
         "being measured; the same command goes on from there.\n"
         "exit codes: 0 all went well, 1 the run failed, 2 bad input or no GPU, 130 interrupted\n";
}

}  // namespace probe
