#pragma once

#include <stdexcept>
#include <string>

namespace sim {

/// A place in a file the user wrote. Lines and columns count from 1, as editors do.
struct SourcePos {
  std::string file;
  int line = 0;
  int column = 0;
};

/// A mistake in the user's input: a file or an option. Thrown where it is found, caught once, in
/// main(), which exits with 2.
class Error : public std::runtime_error {
 public:
  /// `file:line:column: error: what`
  Error(const SourcePos& where, const std::string& what);

  /// For input without lines: `where: error: what`, with `where` an option or a file.
  Error(const std::string& where, const std::string& what);
};

/// The input is right, but the run cannot be completed: a full disk, a schedule that waits for
/// itself, more simulated time than 64 bits hold. main() exits with 1.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace sim
