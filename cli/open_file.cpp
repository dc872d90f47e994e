#include "cli/open_file.hpp"

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "sim/error.hpp"

namespace cli {
namespace {

constexpr mode_t file_mode = 0666;  // less the user's umask

}  // namespace

void fail_to_write(const std::filesystem::path& path, int error) {
  throw sim::Failure{fmt::format("{}: cannot be written: {}", path.string(),
                                 std::generic_category().message(error))};
}

OpenFile::OpenFile(const std::filesystem::path& path, int flags, std::filesystem::path name)
    : path_{std::move(name)},
      descriptor_{::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, file_mode)} {
  if (descriptor_ < 0) {
    fail_to_write(path_, errno);
  }
}

OpenFile::~OpenFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

void OpenFile::write(std::string_view content) const {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor_, content.data(), content.size());
    if (written >= 0) {
      content.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      fail_to_write(path_, errno);
    }
  }
}

void OpenFile::force_to_disk() const {
  // Some file systems have no such operation; that is no reason to refuse the user's data.
  if (::fsync(descriptor_) != 0 && errno != EINVAL && errno != ENOTSUP) {
    fail_to_write(path_, errno);
  }
}

void OpenFile::close() {
  const int descriptor = descriptor_;
  descriptor_ = -1;
  if (::close(descriptor) != 0) {
    fail_to_write(path_, errno);
  }
}

}  // namespace cli
