#include "cli/atomic_file.hpp"

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <system_error>

#include <fmt/format.h>

#include "sim/error.hpp"

namespace cli {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, int error) {
  throw sim::Failure{fmt::format("{}: cannot be written: {}", path.string(),
                                 std::generic_category().message(error))};
}

/// Owns an open file. The destructor closes what `close` has not: after a failure, nobody asks.
class OpenFile {
 public:
  OpenFile(const std::filesystem::path& path, int flags)
      : path_{path},
        descriptor_{::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode)} {
    if (descriptor_ < 0) {
      fail(path_, errno);
    }
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  OpenFile(OpenFile&&) = delete;
  OpenFile& operator=(OpenFile&&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }

  void write(std::string_view content) const {
    while (!content.empty()) {
      const ssize_t written = ::write(descriptor_, content.data(), content.size());
      if (written >= 0) {
        content.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno != EINTR) {
        fail(path_, errno);
      }
    }
  }

  void force_to_disk() const {
    // Some file systems have no such operation; that is no reason to refuse the user's data.
    if (::fsync(descriptor_) != 0 && errno != EINVAL && errno != ENOTSUP) {
      fail(path_, errno);
    }
  }

  void close() {
    const int descriptor = descriptor_;
    descriptor_ = -1;
    if (::close(descriptor) != 0) {
      fail(path_, errno);
    }
  }

 private:
  static constexpr mode_t mode = 0666;  // less the user's umask

  std::filesystem::path path_;
  int descriptor_;
};

void write_beside_and_rename(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::path beside = path;
  beside += fmt::format(".tmp.{}", ::getpid());
  try {
    OpenFile file{beside, O_TRUNC | O_NOFOLLOW};
    file.write(content);
    file.force_to_disk();
    file.close();
    if (std::rename(beside.c_str(), path.c_str()) != 0) {
      fail(path, errno);
    }
  } catch (...) {
    ::unlink(beside.c_str());
    throw;
  }
}

}  // namespace

void write_file_atomically(const std::filesystem::path& path, std::string_view content) {
  std::error_code ignored;  // a directory that cannot be read: the write will say why
  const std::filesystem::file_status status = std::filesystem::symlink_status(path, ignored);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    OpenFile file{path, O_TRUNC};
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
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  if (!std::filesystem::is_directory(folder, error)) {
    refuse("lies in a directory that is not there");
  }
  if (::access(folder.c_str(), W_OK) != 0 && ::access(path.c_str(), W_OK) != 0) {
    refuse("lies in a directory that cannot be written to");
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
