#pragma once
// What may be plotted: the files in which results are kept, known by what is in them.
//
//   results.jsonl, results.csv   of a sweep: a row for each point, with its axes
//   results.json, results.csv    of a run of collectives: a row for each algorithm and size, which
//                                are its axes
//   the JSON of a training step  a row: times are the mean over the stages of the pipeline, memory
//                                is that of the fullest one. When nothing else is read there is a
//                                row for each stage instead, and `stage` is the axis

#include <span>
#include <string>
#include <vector>

#include "cli/result_rows.hpp"

namespace cli {

/// A file and what is in it.
struct ResultFile {
  std::string name;
  std::string text;
};

/// The rows of all files. If there are several, `file` is the first axis: what their names differ
/// in, as in "a" and "b" for out/a/results.csv and out/b/results.csv.
///
/// What is no single value (a list, an object) is passed over. Throws sim::Error at whatever else
/// is not as it is written by sweeps and runs, for a file without rows, and for a file given twice.
[[nodiscard]] ResultRows read_result_files(std::span<const ResultFile> files);

}  // namespace cli
