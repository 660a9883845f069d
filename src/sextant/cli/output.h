// Standard output of a command: results only. Collects small writes, and knows what to do when the
// other end has gone or the disk is full.
#pragma once

#include <string>
#include <string_view>

#include "sextant/base/format.h"

namespace sextant::cli {

// The reader closed the pipe (`sextant ... | head`): no error, the program just ends.
class OutputClosed {};

class Output {
 public:
  explicit Output(int fd) : fd_(fd) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // Both throw OutputClosed, or SextantError (kResourceExhausted: disk full; kIo) when the text
  // cannot be written. What is still collected when the object dies is lost: flush first.
  void write(std::string_view text);
  void flush();

  template <class... Args>
  void line(std::string_view pattern, const Args&... args) {
    write(format(pattern, args...) + '\n');
  }

  int fd() const { return fd_; }

 private:
  int fd_;
  std::string buffer_;
};

}  // namespace sextant::cli
