// espalier calibrate: profiles of what a GPU takes for its work.

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/calibrate.hpp"
#include "cli/commands.hpp"
#include "sim/config.hpp"
#include "sim/error.hpp"
#include "sim/text_list.hpp"

namespace cli {

namespace {

constexpr std::array calibrate_options{
    Option{"output", 'o', "PATH", "fit: the profile to write; compare: a directory for plots"},
    Option{"gpu", 0, "NAME", "only this GPU's rows; its name where a file does not say it"},
    Option{"collective", 0, "NAME", "of a log of nccl-tests that does not say it: all-gather"},
    Option{"ranks", 0, "N", "likewise"},
    Option{"nodes", 0, "N", "likewise: servers (1)"},
    Option{"note", 0, "TEXT", "fit: what else is known of where the measurements come from"},
    Option{"json", 0, "", "check prints JSON"},
    Option{"help", 'h', "", "show this"},
};
constexpr std::array<std::string_view, 1> calibrate_words{"what"};

/// A subject, what does it, and the options that say anything to it.
struct Subject {
  std::string_view name;
  int (*run)(const Arguments&);
  std::string_view options;
};
constexpr std::array subjects{
    Subject{"fit", calibrate_fit, "output gpu collective ranks nodes note"},
    Subject{"check", calibrate_check, "gpu collective ranks nodes json"},
    Subject{"show", calibrate_show, ""},
    Subject{"compare", calibrate_compare, "output"},
};

std::vector<std::string_view> options_of(const Subject& subject) {
  return sim::split(subject.options, ' ');
}

/// Those that take this option: every option belongs to one at least.
std::vector<std::string_view> subjects_with(std::string_view option) {
  std::vector<std::string_view> names;
  for (const Subject& subject : subjects) {
    const auto options = options_of(subject);
    if (std::ranges::find(options, option) != options.end()) {
      names.push_back(subject.name);
    }
  }
  return names;
}

void check_options(const Subject& subject, const Arguments& arguments) {
  const std::vector<std::string_view> meant = options_of(subject);
  for (const Option& option : calibrate_options) {
    if (arguments.has(option.name) && std::ranges::find(meant, option.name) == meant.end()) {
      throw sim::Error{fmt::format("--{}", option.name),
                       fmt::format("'espalier calibrate {}' has no such option\n  hint: {} {}",
                                   subject.name, fmt::join(subjects_with(option.name), " and "),
                                   subjects_with(option.name).size() == 1 ? "has" : "have")};
    }
  }
}

}  // namespace

const Command calibrate_command{
    .name = "calibrate",
    .summary = "fit profiles to measured times of kernels and collectives; check, show, compare",
    .usage =
        "espalier calibrate fit MEASURED... -o PROFILE.yaml [--gpu NAME]\n"
        "       espalier calibrate check PROFILE.yaml MEASURED... [--json]\n"
        "       espalier calibrate show PROFILE.yaml\n"
        "       espalier calibrate compare PROFILE.yaml [-o DIR]",
    .examples =
        "espalier calibrate fit h100_gemm.csv h100_attention.csv nccl.csv -o h100.yaml\n"
        "espalier calibrate fit all_reduce_perf.log -o node.yaml --gpu h100_sxm\n"
        "espalier calibrate check h100.yaml h100_gemm.csv nccl.csv\n"
        "espalier calibrate compare configs/profiles/h100.yaml -o out/h100",
    .options = calibrate_options,
    .positional = calibrate_words,
    .more_words = "files",
};

void fail_usage(std::string_view subject, std::string_view what) {
  const std::string start = fmt::format("espalier calibrate {}", subject);
  std::string_view usage = calibrate_command.usage;
  usage = usage.substr(usage.find(start));
  throw sim::Error{start, fmt::format("{}\n  usage: {}", what, usage.substr(0, usage.find('\n')))};
}

int run_calibrate(const Arguments& arguments) {
  std::array<std::string_view, subjects.size()> names;
  std::ranges::transform(subjects, names.begin(), &Subject::name);
  const auto what = arguments.find("what");
  if (!what) {
    throw sim::Error{std::string{"espalier calibrate"},
                     fmt::format("expected one of: {}\n  usage: {}", fmt::join(names, ", "),
                                 calibrate_command.usage)};
  }
  const Subject& subject =
      subjects.at(sim::ConfigNode::scalar("espalier calibrate", *what).choice(names, "subject"));
  check_options(subject, arguments);
  return subject.run(arguments);
}

}  // namespace cli
