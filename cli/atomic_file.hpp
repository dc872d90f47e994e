#pragma once
// Files that are either complete or not there.

#include <filesystem>
#include <string_view>

namespace cli {

/// Replaces the file at `path` by `content`, or leaves it as it was.
///
/// Written beside it as `path.tmp.<pid>`, forced to the disk and renamed. What is not a regular
/// file itself (/dev/stdout, a pipe, a symbolic link) is written directly. Throws sim::Failure with
/// the path and the system's reason if any step fails, a full disk included.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// Creates the directory and its parents; does nothing if it exists. Throws sim::Failure.
void make_directory(const std::filesystem::path& path);

}  // namespace cli
