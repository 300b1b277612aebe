#include "core/base/result.hpp"

#include <cerrno>
#include <system_error>

namespace plugtone {

tl::unexpected<Error> fail_errno(const std::string& what) {
    const int number = errno;
    return fail(ErrorKind::io, what + ": " + std::generic_category().message(number));
}

} // namespace plugtone
