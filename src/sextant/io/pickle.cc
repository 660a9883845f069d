#include "sextant/io/pickle.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "sextant/base/checked.h"
#include "sextant/io/archive_source.h"
#include "sextant/io/pickle_flatten.h"
#include "sextant/io/pickle_globals.h"
#include "sextant/io/pickle_vm.h"
#include "sextant/io/zip.h"

namespace sextant::io {
namespace {

// Shares of what a hostile file may cost, 64 MB and four times its size (SECURITY.md).
constexpr uint64_t kMegabyte = uint64_t{1} << 20;
constexpr uint64_t kMaxMemory = 64 * kMegabyte;

// PROTO 2, LONG1 of 10 bytes: the number that begins a file of torch before 1.6.
constexpr std::string_view kOldMagic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19",
                                     14);
constexpr int64_t kOldVersion = 1001;
constexpr size_t kOldMaxHead = 4096;  // of the pickles before and behind the object

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class Reader {
 public:
  Reader(ArchiveSource& source, std::span<const std::byte> bytes, const ArchiveOptions& options)
      : source_(source), bytes_(bytes), check_data_(options.check_data) {}

  Result<void> run() {
    const std::string_view text = text_of(bytes_);
    if (text.starts_with("PK")) {
      return read_zip();
    }
    if (text.starts_with(kOldMagic)) {
      return read_old();
    }
    return fail(ErrorCode::kDataLoss,
                "[io/pickle] expected a file of torch.save (a zip archive, or torch's number "
                "1950a86a20f9469cfc6c), found neither in its {} bytes ({})",
                bytes_.size(), file());
  }

 private:
  const std::string& file() const { return source_.file(); }

  template <class... Args>
  Failure bad(std::string_view pattern, const Args&... args) const {
    return fail(ErrorCode::kDataLoss, "[io/pickle] {} ({})", format(pattern, args...), file());
  }

  std::string in_file(std::string_view what) const { return format("{} ({})", what, file()); }

  // --- zip ---

  // The bytes of a stored record, which were compared with their CRC-32 where it has one: torch
  // writes 0 when told not to compute it (torch.serialization.set_crc32_options).
  Result<std::span<const std::byte>> record(const ZipArchive& zip, const ZipEntry& entry,
                                            bool check) const {
    if (entry.deflated) {
      return fail_with_hint(
          ErrorCode::kUnsupported,
          format("[io/pickle] record \"{}\": expected it stored, found it packed ({})", entry.name,
                 file()),
          "unpack the archive and pack it with zip -0");
    }
    return check && entry.crc != 0 ? zip.checked_data(entry) : zip.data(entry);
  }

  Result<std::string> common_root(const ZipArchive& zip) const {
    const auto entries = zip.entries();
    const std::string_view first = entries.empty() ? std::string_view() : entries[0].name;
    const size_t end = first.find('/');
    if (end == std::string_view::npos) {
      return bad("expected records below one folder, found \"{}\"", first);
    }
    std::string root(first.substr(0, end + 1));
    for (const ZipEntry& entry : entries) {
      if (!entry.name.starts_with(root)) {
        return bad("expected all records below \"{}\", found \"{}\"", root, entry.name);
      }
    }
    return root;
  }

  Result<void> read_zip() {
    SEXTANT_TRY(const ZipArchive zip, ZipArchive::parse(bytes_, file()));
    SEXTANT_TRY(const std::string root, common_root(zip));
    const ZipEntry* entry = zip.find(root + "data.pkl");
    if (entry == nullptr) {
      return bad("expected a record \"{}data.pkl\", found none", root);
    }
    if (const ZipEntry* order = zip.find(root + "byteorder")) {
      SEXTANT_TRY(const auto bytes, record(zip, *order, true));
      if (text_of(bytes) != "little") {
        return fail(ErrorCode::kUnsupported,
                    "[io/pickle] expected byte order \"little\", found \"{}\" ({})",
                    printable(text_of(bytes)), file());
      }
    }
    SEXTANT_TRY(const auto pickle, record(zip, *entry, true));
    const PickleRules rules{.memory = 32 * kMegabyte + 2 * uint64_t{pickle.size()},
                            .script = zip.find(root + "constants.pkl") != nullptr};
    SEXTANT_TRY(const PickleDocument document,
                run_pickle(text_of(pickle), in_file("data.pkl"), rules));
    if (document.consumed != pickle.size()) {
      return bad("data.pkl: expected its end at byte {}, the record has {}", document.consumed,
                 pickle.size());
    }
    SEXTANT_TRY_VOID(add_records(zip, root, document));
    return add_tensors(document);
  }

  Result<void> add_records(const ZipArchive& zip, const std::string& root,
                           const PickleDocument& document) {
    for (const PickleStorage& storage : document.storages) {
      const std::string name = root + "data/" + std::string(storage.key);
      const ZipEntry* entry = zip.find(name);
      if (entry == nullptr) {
        return bad("storage \"{}\": expected a record \"{}\", found none", printable(storage.key),
                   printable(name));
      }
      if (entry->size != static_cast<uint64_t>(storage.bytes)) {
        return bad("storage \"{}\": expected {} bytes for {} elements, its record has {}",
                   printable(storage.key), storage.bytes, storage.elements, entry->size);
      }
      SEXTANT_TRY(const auto bytes, record(zip, *entry, check_data_));
      add_storage(storage, bytes);
    }
    return {};
  }

  // --- the format before zip: five pickles, then each storage behind its number of elements ---

  Result<PickleDocument> old_pickle(std::string_view what, size_t most, uint64_t memory) {
    const std::string_view text = text_of(bytes_).substr(at_, most);
    SEXTANT_TRY(PickleDocument document, run_pickle(text, in_file(what), {.memory = memory}));
    at_ += document.consumed;
    return document;
  }

  Result<void> read_old() {
    SEXTANT_TRY_VOID(old_pickle("magic number", kOldMaxHead, kMegabyte));
    SEXTANT_TRY(const auto version, old_pickle("version", kOldMaxHead, kMegabyte));
    if (!version.root.is(PickleKind::kInt) || version.root.integer != kOldVersion) {
      return bad("expected version {} of the format before zip, found another", kOldVersion);
    }
    SEXTANT_TRY(const auto system, old_pickle("system", kOldMaxHead, kMegabyte));
    SEXTANT_TRY_VOID(check_old_order(system));
    const uint64_t rest = std::min<uint64_t>(bytes_.size() - at_, kMaxMemory);
    SEXTANT_TRY(const PickleDocument document,
                old_pickle("object", kMaxMemory, 24 * kMegabyte + 3 * rest / 2));
    SEXTANT_TRY(const PickleDocument keys,
                old_pickle("storage keys", kMaxMemory, 6 * kMegabyte + rest / 2));
    SEXTANT_TRY_VOID(add_old_storages(document, keys));
    return add_tensors(document);
  }

  Result<void> check_old_order(const PickleDocument& system) const {
    const auto items = system.root.is(PickleKind::kDict) ? system.items(system.root)
                                                         : std::span<const PickleValue>();
    for (size_t i = 0; i + 1 < items.size(); i += 2) {
      if (items[i].is(PickleKind::kString) && items[i].as_text() == "little_endian") {
        if (items[i + 1].is(PickleKind::kBool) && items[i + 1].integer == 1) {
          return {};
        }
        return fail(ErrorCode::kUnsupported,
                    "[io/pickle] expected little-endian numbers, found big-endian ({})", file());
      }
    }
    return bad("expected a byte order in the system record, found none");
  }

  Result<void> add_old_storages(const PickleDocument& document, const PickleDocument& keys) {
    if (!keys.root.is(PickleKind::kList) ||
        keys.items(keys.root).size() != document.storages.size()) {
      return bad("expected a list of {} storage keys, found another", document.storages.size());
    }
    std::map<std::string_view, std::span<const std::byte>> found;
    std::map<std::string_view, const PickleStorage*> wanted;
    for (const PickleStorage& storage : document.storages) {
      wanted.emplace(storage.key, &storage);
    }
    for (const PickleValue& key : keys.items(keys.root)) {
      const auto entry = key.is(PickleKind::kString) ? wanted.find(key.as_text()) : wanted.end();
      if (entry == wanted.end() || found.contains(entry->first)) {
        return bad("expected each storage once in the list of keys, found another key");
      }
      const PickleStorage& storage = *entry->second;
      int64_t elements = 0;
      const size_t left = bytes_.size() - at_;
      if (left < sizeof(elements) || left - sizeof(elements) < static_cast<size_t>(storage.bytes)) {
        return bad("storage \"{}\": expected {} bytes at byte {}, the file has {} left",
                   printable(storage.key), storage.bytes, at_ + sizeof(elements), left);
      }
      std::memcpy(&elements, bytes_.data() + at_, sizeof(elements));
      if (elements != storage.elements) {
        return bad("storage \"{}\": expected {} elements, found {} at byte {}",
                   printable(storage.key), storage.elements, elements, at_);
      }
      at_ += sizeof(elements);
      found.emplace(storage.key, bytes_.subspan(at_, static_cast<size_t>(storage.bytes)));
      at_ += static_cast<size_t>(storage.bytes);
    }
    if (at_ != bytes_.size()) {
      return bad("expected the end of the file at byte {}, it has {}", at_, bytes_.size());
    }
    for (const PickleStorage& storage : document.storages) {
      add_storage(storage, found.at(storage.key));
    }
    return {};
  }

  // --- both ---

  // Called once for each storage of the document, in order.
  void add_storage(const PickleStorage& storage, std::span<const std::byte> bytes) {
    constexpr size_t kUntypedAlignment =
        8;  // of the widest type that comes without a typed storage
    const bool typed = storage.type->call == PickleCall::kStorageType && storage.type->dtype;
    const size_t alignment =
        typed ? static_cast<size_t>(storage.type->item_bytes) : kUntypedAlignment;
    source_.add_block(bytes, alignment);
    storages_.push_back(bytes);
  }

  Result<void> add_tensors(const PickleDocument& document) {
    SEXTANT_TRY(PickleContents contents,
                flatten_pickle(document, file(), 20 * kMegabyte + uint64_t{bytes_.size()}));
    for (PickleContents::Entry& entry : contents.tensors) {
      SEXTANT_TRY_VOID(add_tensor(document.tensors[entry.tensor], std::move(entry.name)));
    }
    source_.mutable_metadata() = std::move(contents.metadata);
    return {};
  }

  Result<void> add_tensor(const PickleTensor& tensor, std::string name) {
    // A stride of 0 lets a few bytes stand for any number of elements, which somebody will copy.
    const auto bytes = byte_count(*tensor.dtype, tensor.shape);
    const uint64_t most = kMaxMemory + 4 * uint64_t{bytes_.size()};
    if (!bytes || static_cast<uint64_t>(*bytes) > most) {
      return fail(ErrorCode::kOutOfRange,
                  "[io/pickle] tensor \"{}\": expected at most {} bytes, its shape {} of {} needs "
                  "more ({})",
                  name, most, to_string(tensor.shape), to_string(*tensor.dtype), file());
    }
    const size_t offset = static_cast<size_t>(tensor.offset * tensor.item_bytes);
    TensorInfo info{
        .name = std::move(name),
        .dtype = *tensor.dtype,
        .shape = tensor.shape,
        .bytes = std::min(*bytes, tensor.span_bytes),
        .file = {},
        .offset = static_cast<uint64_t>(storages_[tensor.storage].data() - bytes_.data()) + offset};
    const TensorView view{nullptr, *tensor.dtype, tensor.shape, tensor.strides};
    const bool plain = *bytes == 0 || view.contiguous();
    source_.add_tensor(std::move(info), tensor.storage, offset,
                       plain ? std::vector<int64_t>() : tensor.strides);
    return {};
  }

  ArchiveSource& source_;
  std::span<const std::byte> bytes_;
  bool check_data_;
  size_t at_ = 0;                                     // in the format before zip
  std::vector<std::span<const std::byte>> storages_;  // indexed as the document's and as blocks
};

}  // namespace

Result<std::unique_ptr<TensorSource>> parse_pickle(std::span<const std::byte> bytes,
                                                   std::string file,
                                                   const ArchiveOptions& options) {
  auto source = std::make_unique<ArchiveSource>("pickle", std::move(file));
  SEXTANT_TRY_VOID(Reader(*source, bytes, options).run());
  return source;
}

Result<std::unique_ptr<TensorSource>> open_pickle(const std::filesystem::path& path,
                                                  const ArchiveOptions& options) {
  SEXTANT_TRY(MappedFile mapping, MappedFile::open(path, options.mode));
  auto source = std::make_unique<ArchiveSource>("pickle", path.filename().string());
  SEXTANT_TRY_VOID(Reader(*source, mapping.bytes(), options).run());
  source->keep(std::move(mapping));
  return source;
}

}  // namespace sextant::io
