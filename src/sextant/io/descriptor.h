// An owned file descriptor, closed when it goes. For the files of this folder that call the system.
#pragma once

#include <unistd.h>

#include <utility>

namespace sextant::io {

class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor() { reset(); }

  bool valid() const { return value_ >= 0; }
  int get() const { return value_; }
  void reset() {
    if (valid()) {
      ::close(std::exchange(value_, -1));
    }
  }

 private:
  int value_;
};

}  // namespace sextant::io
