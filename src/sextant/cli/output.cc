#include "sextant/cli/output.h"

#include <unistd.h>
#include <cerrno>
#include <cstring>

#include "sextant/base/error.h"

namespace sextant::cli {
namespace {

constexpr size_t kBufferBytes = size_t{64} << 10;

}  // namespace

void Output::write(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= kBufferBytes) {
    flush();
  }
}

void Output::flush() {
  const std::string text = std::exchange(buffer_, {});
  for (size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(fd_, text.data() + done, text.size() - done);
    if (written >= 0) {
      done += static_cast<size_t>(written);
      continue;
    }
    if (errno == EINTR) {
      continue;
    }
    if (errno == EPIPE) {
      throw OutputClosed();
    }
    const bool full = errno == ENOSPC || errno == EDQUOT;
    throw SextantError(Error{.code = full ? ErrorCode::kResourceExhausted : ErrorCode::kIo,
                             .message = format("[cli] standard output: wrote {} of {} bytes: {}",
                                               done, text.size(), std::strerror(errno))});
  }
}

}  // namespace sextant::cli
