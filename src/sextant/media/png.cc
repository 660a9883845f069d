// PNG through libpng. Its errors jump: each function that can be left that way (the ones with
// setjmp) holds plain values only, so that no destructor is passed over.
#include <png.h>

#include <csetjmp>
#include <cstring>

#include "sextant/media/image.h"
#include "sextant/media/image_formats.h"

namespace sextant::media {
namespace {

constexpr size_t kMessageBytes = 128;
// Chunks beside the picture (text, profiles) are unpacked by libpng before they are dropped.
constexpr png_alloc_size_t kChunkBytes = 1 << 20;
constexpr png_uint_32 kChunks = 256;

void keep_message(char (&message)[kMessageBytes], const char* text) {
  std::strncpy(message, text, kMessageBytes - 1);
}

struct Reader {
  std::span<const std::byte> in;
  size_t position = 0;
  png_structp png = nullptr;
  png_infop info = nullptr;
  char message[kMessageBytes] = {};

  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
};

[[noreturn]] void on_read_error(png_structp png, png_const_charp text) {
  keep_message(static_cast<Reader*>(png_get_error_ptr(png))->message, text);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}  // about chunks that nobody here looks at

void on_read(png_structp png, png_bytep out, size_t size) {
  auto* reader = static_cast<Reader*>(png_get_io_ptr(png));
  if (size > reader->in.size() - reader->position) {
    png_error(png, "the file ends too early");
  }
  std::memcpy(out, reader->in.data() + reader->position, size);
  reader->position += size;
}

// Reads up to the pixels and asks for 8-bit RGB. False: see `message`.
bool begin_reading(Reader& reader, int max_side) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) {
    return false;
  }
  png_set_read_fn(reader.png, &reader, on_read);
  png_set_user_limits(reader.png, static_cast<png_uint_32>(max_side),
                      static_cast<png_uint_32>(max_side));
  png_set_chunk_malloc_max(reader.png, kChunkBytes);
  png_set_chunk_cache_max(reader.png, kChunks);
  png_read_info(reader.png, reader.info);
  png_set_expand(reader.png);
  png_set_strip_16(reader.png);
  png_set_gray_to_rgb(reader.png);
  png_set_strip_alpha(reader.png);
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  return true;
}

// `out`: rows of `stride` bytes.
bool read_rows(Reader& reader, uint8_t* out, size_t stride) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) {
    return false;
  }
  if (png_get_rowbytes(reader.png, reader.info) != stride) {
    png_error(reader.png, "rows do not become RGB");
  }
  const png_uint_32 height = png_get_image_height(reader.png, reader.info);
  const int passes = png_get_interlace_type(reader.png, reader.info) == PNG_INTERLACE_ADAM7 ? 7 : 1;
  for (int pass = 0; pass < passes; ++pass) {
    for (png_uint_32 y = 0; y < height; ++y) {
      png_read_row(reader.png, out + y * stride, nullptr);
    }
  }
  png_read_end(reader.png, nullptr);
  return true;
}

struct Writer {
  std::vector<std::byte> out;
  png_structp png = nullptr;
  png_infop info = nullptr;
  char message[kMessageBytes] = {};

  ~Writer() { png_destroy_write_struct(&png, &info); }
};

[[noreturn]] void on_write_error(png_structp png, png_const_charp text) {
  keep_message(static_cast<Writer*>(png_get_error_ptr(png))->message, text);
  png_longjmp(png, 1);
}

void on_write(png_structp png, png_bytep bytes, size_t size) {
  auto* writer = static_cast<Writer*>(png_get_io_ptr(png));
  const auto* begin = reinterpret_cast<const std::byte*>(bytes);
  writer->out.insert(writer->out.end(), begin, begin + size);
}

void on_flush(png_structp) {}

bool write_picture(Writer& writer, const Image& image) {
  if (setjmp(png_jmpbuf(writer.png)) != 0) {
    return false;
  }
  png_set_write_fn(writer.png, &writer, on_write, on_flush);
  png_set_IHDR(writer.png, writer.info, static_cast<png_uint_32>(image.width),
               static_cast<png_uint_32>(image.height), 8,
               image.channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(writer.png, writer.info);
  const size_t stride = static_cast<size_t>(image.width) * static_cast<size_t>(image.channels);
  for (int y = 0; y < image.height; ++y) {
    png_write_row(writer.png, image.pixels.data() + static_cast<size_t>(y) * stride);
  }
  png_write_end(writer.png, writer.info);
  return true;
}

}  // namespace

Result<Image> decode_png(std::span<const std::byte> bytes, std::string_view where,
                         const ImageLimits& limits) {
  Reader reader{.in = bytes};
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, on_read_error, on_warning);
  reader.info = reader.png != nullptr ? png_create_info_struct(reader.png) : nullptr;
  if (reader.info == nullptr) {
    return fail(ErrorCode::kResourceExhausted, "[media/png] no memory to read ({})", where);
  }
  const auto damaged = [&] {
    return fail(ErrorCode::kDataLoss, "[media/png] {}, at byte {} of {} ({})",
                printable(reader.message), reader.position, bytes.size(), where);
  };
  if (!begin_reading(reader, limits.max_side)) {
    return damaged();
  }
  SEXTANT_TRY(Image image, allocate_image({.width = png_get_image_width(reader.png, reader.info),
                                           .height = png_get_image_height(reader.png, reader.info),
                                           .file_bytes = bytes.size()},
                                          where, limits));
  if (!read_rows(reader, image.pixels.data(), static_cast<size_t>(image.width) * 3)) {
    return damaged();
  }
  return image;
}

std::vector<std::byte> encode_png(const Image& image) {
  const auto pixels = static_cast<int64_t>(image.width) * image.height;
  SEXTANT_CHECK(image.width > 0 && image.height > 0, "{}x{}", image.width, image.height);
  SEXTANT_CHECK(image.channels == 1 || image.channels == 3, "{} channels", image.channels);
  SEXTANT_CHECK(static_cast<int64_t>(image.pixels.size()) == pixels * image.channels,
                "{} bytes for {}x{}", image.pixels.size(), image.width, image.height);
  Writer writer;
  writer.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &writer, on_write_error, on_warning);
  writer.info = writer.png != nullptr ? png_create_info_struct(writer.png) : nullptr;
  SEXTANT_CHECK(writer.info != nullptr, "no memory to write a PNG");
  SEXTANT_CHECK(write_picture(writer, image), "{}", std::string_view(writer.message));
  return std::move(writer.out);
}

}  // namespace sextant::media
