#include "cli/atomic_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fmt/format.h>

#include "cli/open_file.hpp"
#include "sim/error.hpp"

namespace cli {
namespace {

std::filesystem::path beside(const std::filesystem::path& path) {
  return path.string() + fmt::format(".tmp.{}", ::getpid());
}

void write_beside_and_rename(const std::filesystem::path& path, std::string_view content) {
  const std::filesystem::path other = beside(path);
  try {
    OpenFile file{other, O_TRUNC | O_NOFOLLOW, path};
    file.write(content);
    file.force_to_disk();
    file.close();
    if (std::rename(other.c_str(), path.c_str()) != 0) {
      fail_to_write(path, errno);
    }
  } catch (...) {
    ::unlink(other.c_str());
    throw;
  }
}

/// Is it written directly, as it is there and is no regular file?
bool is_written_directly(const std::filesystem::path& path) {
  std::error_code ignored;  // a directory that cannot be read: the write will say why
  const std::filesystem::file_status status = std::filesystem::symlink_status(path, ignored);
  return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
}

/// Where a path of symbolic links leads, though nothing may be there yet.
std::filesystem::path end_of_links(std::filesystem::path path) {
  constexpr int links_most = 40;  // as in Linux: there may be a circle
  std::error_code error;
  for (int i = 0; i < links_most && std::filesystem::is_symlink(path, error); ++i) {
    path = path.parent_path() / std::filesystem::read_symlink(path, error);
  }
  return path;
}

/// 0, or why no file can be made beside `path`: by making one, as permissions do not tell all.
int error_beside(const std::filesystem::path& path) {
  const std::filesystem::path other = beside(path);
  const int descriptor =
      ::open(other.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return errno;
  }
  ::close(descriptor);
  ::unlink(other.c_str());
  return 0;
}

}  // namespace

void write_file_atomically(const std::filesystem::path& path, std::string_view content) {
  if (is_written_directly(path)) {
    OpenFile file{path, O_TRUNC, path};
    file.write(content);
    file.close();
  } else {
    write_beside_and_rename(path, content);
  }
}

void check_target(std::string_view option, const std::filesystem::path& path,
                  std::span<const std::string> inputs) {
  const auto refuse = [&](std::string_view why) {
    throw sim::Error{std::string{option}, fmt::format("'{}' {}", path.string(), why)};
  };
  std::error_code error;  // what cannot be looked at is not there
  for (const std::string& input : inputs) {
    if (std::filesystem::equivalent(path, input, error)) {
      refuse("is one of the files to be read, and would be lost");
    }
  }
  if (path.empty() || path == "-") {
    refuse("is no file");
  }
  if (std::filesystem::is_directory(path, error)) {
    refuse("is a directory; expected a file");
  }
  // A link leads to where the file is, or is to be.
  const std::filesystem::path real = end_of_links(path);
  const std::filesystem::path folder = real.has_parent_path() ? real.parent_path() : ".";
  if (!std::filesystem::is_directory(folder, error)) {
    refuse("lies in a directory that is not there");
  }
  if (is_written_directly(path) && std::filesystem::exists(path, error)) {
    if (::access(path.c_str(), W_OK) != 0) {
      refuse(fmt::format("cannot be written: {}", std::generic_category().message(errno)));
    }
  } else if (const int reason = error_beside(real); reason != 0) {
    refuse(fmt::format("lies in a directory that cannot be written to: {}",
                       std::generic_category().message(reason)));
  }
}

void make_directory(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error && !std::filesystem::is_directory(path, error) && !error) {
    error = std::make_error_code(std::errc::not_a_directory);
  }
  if (error) {
    throw sim::Failure{
        fmt::format("{}: no such directory can be made: {}", path.string(), error.message())};
  }
}

}  // namespace cli
