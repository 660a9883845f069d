#include "sextant/io/npz.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "sextant/io/archive_source.h"
#include "sextant/io/atomic_file.h"
#include "sextant/io/npy.h"
#include "sextant/io/zip.h"
#include "sextant/io/zip_writer.h"

namespace sextant::io {
namespace {

constexpr std::string_view kSuffix = ".npy";
constexpr std::string_view kLoneName = "arr_0";
constexpr uint64_t kUnpackedBase = uint64_t{40} << 20;

class Reader {
 public:
  Reader(ArchiveSource& source, std::span<const std::byte> bytes, const ArchiveOptions& options)
      : source_(source), bytes_(bytes), check_data_(options.check_data) {}

  Result<void> run() {
    const std::string_view text(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
    if (text.starts_with(kNpyMagic)) {
      return read_lone();
    }
    SEXTANT_TRY(const ZipArchive zip, ZipArchive::parse(bytes_, source_.file()));
    for (const ZipEntry& entry : zip.entries()) {
      SEXTANT_TRY_VOID(add_entry(zip, entry));
    }
    return {};
  }

 private:
  std::string where(std::string_view name) const {
    return format("array \"{}\" ({})", name, source_.file());
  }

  Result<void> read_lone() {
    SEXTANT_TRY(NpyHeader header, parse_npy_header(bytes_, where(kLoneName)));
    if (!header.dtype) {
      return fail(ErrorCode::kUnsupported, "[io/npz] {}: expected numbers, found {} (type {})",
                  where(kLoneName), header.obstacle(), printable(header.descr, 40));
    }
    add_array(kLoneName, std::move(header), bytes_, 0);
    return {};
  }

  Result<void> add_entry(const ZipArchive& zip, const ZipEntry& entry) {
    std::string_view name = entry.name;
    if (!name.ends_with(kSuffix) || name.size() == kSuffix.size()) {
      note(name, format("not an array: {} bytes", entry.size));
      return {};
    }
    name.remove_suffix(kSuffix.size());
    SEXTANT_TRY(const std::span<const std::byte> array, member(zip, entry, name));
    SEXTANT_TRY(NpyHeader header, parse_npy_header(array, where(name)));
    if (header.dtype) {
      add_array(name, std::move(header), array, entry.data);
    } else if (const auto text = npy_text(header, array)) {
      note(name, *text);
    } else {
      note(name, format("not read: {}, type {}, shape {}", header.obstacle(),
                        printable(header.descr, 80), to_string(header.shape)));
    }
    return {};
  }

  // The array with its header, in the file or unpacked.
  Result<std::span<const std::byte>> member(const ZipArchive& zip, const ZipEntry& entry,
                                            std::string_view name) {
    if (!entry.deflated) {
      return check_data_ ? zip.checked_data(entry) : zip.data(entry);
    }
    const uint64_t most = kUnpackedBase + 2 * uint64_t{bytes_.size()};
    if (entry.size > most - unpacked_) {
      return fail_with_hint(
          ErrorCode::kOutOfRange,
          format("[io/npz] {}: expected at most {} unpacked bytes in the file, this adds {} to {}",
                 where(name), most, entry.size, unpacked_),
          "store it without compression: numpy.savez in place of numpy.savez_compressed");
    }
    unpacked_ += entry.size;
    SEXTANT_TRY(std::vector<std::byte> bytes, zip.unpack(entry));
    return source_.keep(std::move(bytes));
  }

  // `offset`: of `array` in the file.
  void add_array(std::string_view name, NpyHeader header, std::span<const std::byte> array,
                 uint64_t offset) {
    const auto elements = array.subspan(header.data_begin);
    const size_t block = source_.add_block(elements, static_cast<size_t>(header.item_bytes));
    std::vector<int64_t> strides = header.strides();
    source_.add_tensor({.name = std::string(name),
                        .dtype = *header.dtype,
                        .shape = std::move(header.shape),
                        .bytes = static_cast<int64_t>(elements.size()),
                        .file = {},
                        .offset = offset + header.data_begin},
                       block, 0, std::move(strides));
  }

  void note(std::string_view name, std::string text) {
    source_.mutable_metadata().emplace(name, std::move(text));
  }

  ArchiveSource& source_;
  std::span<const std::byte> bytes_;
  bool check_data_;
  uint64_t unpacked_ = 0;
};

}  // namespace

Result<std::unique_ptr<TensorSource>> parse_npz(std::span<const std::byte> bytes, std::string file,
                                                const ArchiveOptions& options) {
  auto source = std::make_unique<ArchiveSource>("npz", std::move(file));
  SEXTANT_TRY_VOID(Reader(*source, bytes, options).run());
  return source;
}

Result<std::unique_ptr<TensorSource>> open_npz(const std::filesystem::path& path,
                                               const ArchiveOptions& options) {
  SEXTANT_TRY(MappedFile mapping, MappedFile::open(path, options.mode));
  auto source = std::make_unique<ArchiveSource>("npz", path.filename().string());
  SEXTANT_TRY_VOID(Reader(*source, mapping.bytes(), options).run());
  source->keep(std::move(mapping));
  return source;
}

Result<void> write_npy(const std::filesystem::path& path, const TensorView& view) {
  SEXTANT_TRY(const std::string header, make_npy_header(view.dtype, view.shape));
  SEXTANT_TRY(AtomicFile file, AtomicFile::create(path));
  SEXTANT_TRY_VOID(file.write(header));
  SEXTANT_TRY_VOID(file.write(view.bytes()));
  return file.commit();
}

Result<void> write_npz(const std::filesystem::path& path, std::span<const NamedTensor> tensors) {
  SEXTANT_TRY(ZipWriter zip, ZipWriter::create(path));
  for (const NamedTensor& tensor : tensors) {
    SEXTANT_TRY(const std::string header, make_npy_header(tensor.view.dtype, tensor.view.shape));
    SEXTANT_TRY_VOID(
        zip.add(tensor.name + std::string(kSuffix),
                {std::as_bytes(std::span(header.data(), header.size())), tensor.view.bytes()}));
  }
  return zip.finish();
}

}  // namespace sextant::io
