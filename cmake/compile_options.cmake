# The options that all our code is compiled with. Warnings are errors only in the presets.
add_library(plugtone_plain_options INTERFACE)
target_include_directories(plugtone_plain_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(plugtone_plain_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
    -Wnon-virtual-dtor -Woverloaded-virtual -Wformat=2 -Wimplicit-fallthrough
    $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wlogical-op -Wuseless-cast>)

add_library(plugtone_options INTERFACE)
target_link_libraries(plugtone_options INTERFACE plugtone_plain_options)
target_compile_definitions(plugtone_options INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
if(PLUGTONE_SANITIZE)
    set(flags -fsanitize=${PLUGTONE_SANITIZE} -fno-omit-frame-pointer)
    if(PLUGTONE_SANITIZE MATCHES "undefined")
        list(APPEND flags -fno-sanitize-recover=undefined
            $<$<BOOL:$<TARGET_PROPERTY:PLUGTONE_NO_VPTR_CHECK>>:-fno-sanitize=vptr>)
        if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
            # clang 14 cannot assemble Asio's coroutines with it (docs/decisions.md, Toolchain).
            list(APPEND flags -fno-sanitize=function)
        endif()
    endif()
    target_compile_options(plugtone_options INTERFACE ${flags})
    target_link_options(plugtone_options INTERFACE ${flags})
    if(PLUGTONE_SANITIZE MATCHES "thread")
        # Asio's fences are not understood by the thread sanitizer; GCC warns for each.
        target_compile_options(plugtone_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
    endif()
endif()
if(PLUGTONE_FUZZ)
    # The code under test tells the fuzzer which branches an input reached; without it the fuzzer is blind.
    target_compile_options(plugtone_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
