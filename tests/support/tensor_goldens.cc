#include "support/tensor_goldens.h"

#include <cstring>

namespace sextant::test_data {
namespace {

void gather(const TensorView& view, const std::byte* from, size_t axis, std::string& out) {
  const auto item = info(view.dtype).block_bytes;
  if (axis == view.shape.size()) {
    out.append(reinterpret_cast<const char*>(from), static_cast<size_t>(item));
    return;
  }
  for (int64_t i = 0; i < view.shape[axis]; ++i) {
    gather(view, from + i * view.strides[axis] * item, axis + 1, out);
  }
}

std::string hex(const std::string& bytes) {
  std::string out;
  for (const char c : bytes) {
    out += format("{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return out;
}

}  // namespace

std::string row_major_bytes(const TensorView& view) {
  std::string out;
  if (view.strides.empty()) {
    const auto bytes = view.bytes();
    out.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  } else {
    gather(view, view.data, 0, out);
  }
  return out;
}

std::string difference(const io::TensorSource& source, const Json& golden) {
  if (source.tensors().size() != golden.size()) {
    return format("{} tensors, expected {}", source.tensors().size(), golden.size());
  }
  for (size_t i = 0; i < golden.size(); ++i) {
    const io::TensorInfo& tensor = source.tensors()[i];
    const Json& wanted = golden[i];
    const auto view = source.view(tensor.name);
    const bool same = view && tensor.name == wanted["name"].get<std::string>() &&
                      to_string(tensor.dtype) == wanted["dtype"].get<std::string>() &&
                      tensor.shape == wanted["shape"].get<Shape>() &&
                      hex(row_major_bytes(*view)) == wanted["bytes"].get<std::string>();
    if (!same) {
      return format("tensor {} is {} {} {} {}, expected {}", i, tensor.name,
                    to_string(tensor.dtype), to_string(tensor.shape),
                    view ? hex(row_major_bytes(*view)) : view.error().message, wanted.dump());
    }
  }
  return "";
}

}  // namespace sextant::test_data
