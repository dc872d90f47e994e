// espalier calibrate: profiles of what a GPU takes for its work.

#include <array>
#include <string_view>

#include "cli/calibrate.hpp"
#include "cli/commands.hpp"
#include "sim/config.hpp"

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

int run_calibrate(const Arguments& arguments) {
  constexpr std::array<std::string_view, 4> subjects{"fit", "check", "show", "compare"};
  constexpr std::array work{calibrate_fit, calibrate_check, calibrate_show, calibrate_compare};
  const std::size_t what = sim::ConfigNode::scalar("espalier calibrate", arguments.at("what"))
                               .choice(subjects, "subject");
  return work.at(what)(arguments);
}

}  // namespace cli
