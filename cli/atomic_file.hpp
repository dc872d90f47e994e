#pragma once
// Files that are either complete or not there.

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace cli {

/// Replaces the file at `path` by `content`, or leaves it as it was.
///
/// Written beside it as `path.tmp.<pid>`, forced to the disk and renamed. What is not a regular
/// file itself (/dev/stdout, a pipe, a symbolic link) is written directly. Throws sim::Failure with
/// `path` and the system's reason if any step fails, a full disk included.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// Throws sim::Error, in the name of `option`, if `path` is a directory, lies in none that can be
/// written to, or is one of `inputs`, by whatever name: before any work is done for it. Makes a
/// file beside it, and removes it, to find out.
void check_target(std::string_view option, const std::filesystem::path& path,
                  std::span<const std::string> inputs);

/// Creates the directory and its parents; does nothing if it exists. Throws sim::Failure.
void make_directory(const std::filesystem::path& path);

}  // namespace cli
