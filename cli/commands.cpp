#include "cli/commands.hpp"

#include <array>

namespace cli {
namespace {

// To add a command: describe and write it in a file of its own, then one line here.
constexpr std::array table{
    Entry{&run_command, run_scenario},        Entry{&collective_command, run_collective},
    Entry{&topology_command, run_topology},   Entry{&schedule_command, run_schedule},
    Entry{&flows_command, run_flows},         Entry{&validate_command, run_validate},
    Entry{&calibrate_command, run_calibrate}, Entry{&sweep_command, run_sweep_command},
    Entry{&plan_command, run_plan},           Entry{&report_command, run_report},
    Entry{&plot_command, run_plot},
};

}  // namespace

std::span<const Entry> commands() {
  return table;
}

}  // namespace cli
