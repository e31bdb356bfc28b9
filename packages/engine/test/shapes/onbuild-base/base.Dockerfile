FROM busybox:1
ENV BASE=yes
ONBUILD COPY data.txt /onbuild/
ONBUILD RUN echo triggered > /triggered
ONBUILD LABEL triggered=yes
