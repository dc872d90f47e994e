#pragma once
// The commands of the program. Each takes the words after its name, prints to stdout, and returns
// the exit code; mistakes of the user are thrown as sim::Error, failed runs as sim::Failure.

#include <span>
#include <string>
#include <vector>

#include "cli/options.hpp"

namespace cli {

/// A command and what it does. A row of the table in commands.cpp.
struct Entry {
  const Command* command;
  int (*run)(const Arguments& arguments);
};

/// Every command, in the order in which `espalier --help` lists them.
[[nodiscard]] std::span<const Entry> commands();

extern const Command collective_command;
extern const Command run_command;
extern const Command topology_command;
extern const Command schedule_command;
extern const Command flows_command;
extern const Command validate_command;
extern const Command calibrate_command;
extern const Command sweep_command;
extern const Command plan_command;
extern const Command report_command;
extern const Command plot_command;

int run_collective(const Arguments& arguments);
int run_scenario(const Arguments& arguments);
int run_topology(const Arguments& arguments);
int run_schedule(const Arguments& arguments);
int run_flows(const Arguments& arguments);
int run_validate(const Arguments& arguments);
int run_calibrate(const Arguments& arguments);
int run_sweep_command(const Arguments& arguments);
int run_plan(const Arguments& arguments);
int run_report(const Arguments& arguments);
int run_plot(const Arguments& arguments);

}  // namespace cli
